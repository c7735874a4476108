"""Addresses to go back to: only paths of this site."""

from urllib.parse import urlsplit

_LONGEST = 1000
_NEVER = ("/auth/", "/login", "/logout", "/desk/login", "/api/", "/identity/")


def safe_next(asked: str | None, default: str = "/") -> str:
    """`asked` when it is a plain path of this site that may be shown again, else `default`."""
    if not asked or len(asked) > _LONGEST or not _plain(asked):
        return default
    try:
        parts = urlsplit(asked)
    except ValueError:
        return default
    if parts.scheme or parts.netloc or asked.startswith(_NEVER):
        return default
    return asked


def own_path(referer: str | None, base: str) -> str | None:
    """The path of a page of this site that a request came from."""
    if not referer or not (referer == base or referer.startswith(f"{base}/")):
        return None
    return referer[len(base) :] or "/"


def _plain(asked: str) -> bool:
    # Browsers read a backslash as a slash, and drop tabs and line breaks: "/\t/evil" is "//evil".
    if not asked.startswith("/") or asked.startswith("//"):
        return False
    return "\\" not in asked and all(c.isprintable() and not c.isspace() for c in asked)
