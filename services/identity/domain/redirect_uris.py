"""Which redirect URIs may be registered; a request must then name one of them, character by
character (RFC 9700, section 2.1), but for the port of a native client's loopback address.
"""

import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from services.identity.domain.oauth import InvalidRedirectUri

LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#-\[\]_a-z~$%&'()*+,;=:@/?A-Z0-9.-]+")
_LONGEST = 2000


def check_registrable(uri: str, *, loopback_http: bool) -> str:
    """The URI itself, if a client may be registered with it."""
    if len(uri) > _LONGEST or not _URI.fullmatch(uri):
        raise InvalidRedirectUri("a redirect URI is an absolute URI of ASCII characters")
    parts = _split(uri)
    if "#" in uri:
        raise InvalidRedirectUri("a redirect URI has no fragment")
    if parts.username is not None or parts.password is not None or "*" in parts.netloc:
        raise InvalidRedirectUri("a redirect URI has no user, password or wildcard")
    if ".." in parts.path or "\\" in uri:
        raise InvalidRedirectUri("a redirect URI has no backslash and no path that climbs")
    if parts.scheme == "https" and parts.hostname:
        return uri
    if parts.scheme == "http" and _host(parts) in LOOPBACK:
        if loopback_http:
            return uri
        raise InvalidRedirectUri("plain http is allowed on loopback addresses in onebox only")
    raise InvalidRedirectUri("a redirect URI begins with https://")


def is_registered(uri: str, registered: Collection[str], *, native: bool) -> bool:
    """Whether a request may name this URI (RFC 8252, section 7.3 for native clients)."""
    if uri in registered:
        return True
    return (
        native
        and (portless := _without_port(uri)) is not None
        and portless in {_without_port(one) for one in registered}
    )


def _without_port(uri: str) -> str | None:
    """A plain-HTTP loopback URI without its port; None for every other URI."""
    match = re.fullmatch(r"http://(127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(/[^\s\\#]*)?", uri)
    return f"http://{match[1]}{match[2] or ''}" if match else None


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        raise InvalidRedirectUri("a redirect URI has a valid host and port") from None
    return parts


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host
