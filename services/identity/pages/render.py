"""Rendering: texts in two languages, an elder mode, and headers that allow nothing extra."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.identity.commands.provider import Provider
from services.identity.domain.views import VIEWS
from services.identity.settings import Settings
from shared.i18n import Catalog, Language, Translator, negotiate

_FOLDER = Path(__file__).parent
_YEAR = 365 * 24 * 3600


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_templates = _environment()
_catalog = Catalog.load(_FOLDER / "locale")


def provider_of(request: Request) -> Provider:
    """The provider whose pages these are."""
    return cast(Provider, request.app.state.provider)


def translator(request: Request) -> Translator:
    """The texts in the language that was chosen here, or that the browser prefers."""
    return _catalog.translator(_language(request))


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    leads_to: str | None = None,
    headers: dict[str, str] | None = None,
    scripts: Sequence[str] = (),
    **values: Any,
) -> Response:
    """A page; `leads_to` is the address outside that its form may end at.

    `scripts`: files of ours that make it easier; every other script is refused by the browser.
    """
    settings = provider_of(request).settings
    language, view = _language(request), _view(request, settings)
    html = _templates.get_template(template).render(
        _=_catalog.translator(language),
        language=language,
        elder=view == "elder",
        path=f"{settings.issuer}{request.url.path.removeprefix('/identity')}",
        static=f"{settings.issuer}/static",
        scripts=scripts,
        home=settings.public_base,
        site=settings.site_name,
        switch_language=_switch(request, "lang", "zh" if language == "en" else "en"),
        switch_view=_switch(request, "view", "plain" if view == "elder" else "elder"),
        **values,
    )
    answer = HTMLResponse(
        html, status, {**_headers(settings, leads_to, scripts), **(headers or {})}
    )
    _remember(answer, request, settings)
    return answer


def set_cookie(
    answer: Response, settings: Settings, name: str, value: str, *, life: int | None = None
) -> None:
    """A cookie of the issuer's host, out of reach of scripts and of other sites' posts."""
    answer.set_cookie(
        settings.cookie(name),
        value,
        max_age=life,
        path=settings.cookie_path,
        secure=settings.issuer_is_secure,
        httponly=True,
        samesite="lax",
    )


def _headers(settings: Settings, leads_to: str | None, scripts: Sequence[str]) -> dict[str, str]:
    # Browsers hold a form's redirects against form-action too, so its end must be named.
    ends = {"'self'", _origin(settings.issuer), *([_origin(leads_to)] if leads_to else [])}
    ours = " ".join(f"{settings.issuer}/static/{name}" for name in scripts) or "'none'"
    return {
        "Content-Security-Policy": (
            f"default-src 'self'; script-src {ours}; object-src 'none'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {' '.join(sorted(ends))}"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _language(request: Request) -> Language:
    settings = provider_of(request).settings
    chosen = request.query_params.get("lang") or request.cookies.get(settings.cookie("login_lang"))
    return negotiate(None, chosen)  # Chinese first, as in the portal


def _view(request: Request, settings: Settings) -> str:
    chosen = request.query_params.get("view") or request.cookies.get(settings.cookie("login_view"))
    return chosen if chosen in VIEWS else "plain"


def _switch(request: Request, name: str, value: str) -> str:
    """The same page with another language or view."""
    kept = {k: v for k, v in request.query_params.items() if k != name}
    return "?" + urlencode({**kept, name: value})


def _remember(answer: Response, request: Request, settings: Settings) -> None:
    if "lang" in request.query_params:
        set_cookie(answer, settings, "login_lang", _language(request), life=_YEAR)
    if "view" in request.query_params:
        set_cookie(answer, settings, "login_view", _view(request, settings), life=_YEAR)
