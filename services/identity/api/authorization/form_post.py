"""The response mode `form_post` (OAuth 2.0 Form Post Response Mode): a form that sends itself.

Without a script the person presses its button. The policy allows this one script, by its hash, and
the form to go to the client alone.
"""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

_SCRIPT = "document.forms[0].submit()"
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>返回 Going back</title>
<link rel="stylesheet" href="{issuer}/static/identity.css">
</head>
<body>
<main class="sheet">
<h1>返回 <span lang="en">Going back</span></h1>
<form method="post" action="{action}">
{fields}
<button class="button" type="submit">继续 <span lang="en">Continue</span></button>
</form>
</main>
<script>{script}</script>
</body>
</html>
"""


def form_post(issuer: str, redirect_uri: str, told: Mapping[str, str]) -> HTMLResponse:
    """The page that carries the response."""
    fields = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in told.items()
    )
    page = _PAGE.format(
        issuer=escape(issuer), action=escape(redirect_uri), fields=fields, script=_SCRIPT
    )
    return HTMLResponse(page, 200, _headers(redirect_uri))


def _headers(redirect_uri: str) -> dict[str, str]:
    parts = urlsplit(redirect_uri)
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; script-src 'sha256-{_HASH}'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {parts.scheme}://{parts.netloc}"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
