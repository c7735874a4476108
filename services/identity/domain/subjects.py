"""Who a person is to a client: by the same id everywhere, or by one of the client's own sector."""

from collections.abc import Sequence
from urllib.parse import urlsplit


def sector_of(client: str, redirect_uris: Sequence[str]) -> str:
    """The host of the redirect URIs (OpenID Connect Core, section 8.1); where they have several,
    nothing shows that one party owns them all, and the client is a sector by itself.
    """
    hosts = {urlsplit(uri).hostname or "" for uri in redirect_uris}
    return hosts.pop() if len(hosts) == 1 else client
