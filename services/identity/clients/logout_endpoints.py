"""Clients' back-channel logout endpoints: outsiders' behind the guard, the portal's inside."""

import asyncio
from urllib.parse import urlencode, urlsplit

import httpx

from services.identity.domain.clients import Client
from services.identity.settings import Settings
from shared.http import Answer, Guard, Limits, Posting
from shared.service import Runtime

_SECONDS = 5.0
_AGENT = "Tongban-Logout/1"
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class LogoutEndpoints:
    """Posts logout tokens; whatever goes wrong is told as a reason, never raised."""

    def __init__(self, posting: Posting, inside: dict[str, httpx.AsyncClient]) -> None:
        """`inside`: clients that are services of ours, and how each is reached."""
        self._posting = posting
        self._inside = inside

    @property
    def longest(self) -> float:
        """Seconds that one post can take."""
        return _SECONDS

    async def post(self, client: Client, logout_token: str) -> Answer:
        """One post of one token (OpenID Connect Back-Channel Logout 1.0, section 2.5)."""
        url = client.backchannel_logout_uri
        if url is None:
            return Answer(None, "no_endpoint")
        body = urlencode({"logout_token": logout_token}).encode()
        ours = self._inside.get(client.id) if client.platform else None
        if ours is None:
            return await self._posting.post(url, _FORM, body)
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await ours.post(urlsplit(url).path, content=body, headers=_FORM)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "timeout")
        except (httpx.TransportError, OSError):
            return Answer(None, "connect_failed")
        return Answer(answer.status_code, f"status_{answer.status_code}")

    async def close(self) -> None:
        """Cut every connection to outsiders."""
        await self._posting.close()


def open_logout_endpoints(runtime: Runtime, settings: Settings) -> LogoutEndpoints:
    """With the limits of the settings."""
    limits = Limits(
        networks=tuple(settings.client_networks),
        ports=settings.client_ports,
        http=settings.client_http,
        loopback=settings.onebox,
    )
    portal = settings.portal_url
    inside = {} if portal is None else {"portal": runtime.client(portal)}
    return LogoutEndpoints(Posting(Guard(limits), _SECONDS, agent=_AGENT), inside)
