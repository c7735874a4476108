"""The platform's own clients: the portal, and each service that calls another."""

from collections.abc import Mapping
from typing import Any

from services.identity.commands.registration import Registration
from services.identity.domain.clients import (
    AUTHORIZATION_CODE,
    CLIENT_CREDENTIALS,
    REFRESH_TOKEN,
    TOKEN_EXCHANGE,
    Client,
)
from services.identity.domain.scopes import ALL

_MACHINE = frozenset({CLIENT_CREDENTIALS, TOKEN_EXCHANGE})
_PUBLIC_PARTS = ("kty", "crv", "x", "y", "kid")

# For each service: its name, what it may do for who called it, and what it may do for itself.
_SERVICES: dict[str, tuple[str, str, str]] = {
    "catalogue": ("事项库", "catalogue.read identity.self staff", "catalogue.read"),
    "cases": (
        "办件",
        "catalogue.read cases.read exchange.query identity.self staff",
        "catalogue.read events.read exchange.query identity.manage",
    ),
    "exchange": (
        "数据共享",
        "catalogue.read cases.read exchange.query identity.self staff",
        "cases.read catalogue.read identity.manage",
    ),
}
NAMES = (*_SERVICES, "portal")


def platform_clients(base: str, keys: Mapping[str, Mapping[str, Any]]) -> list[Client]:
    """Clients for the names that a key was given for; private parts of a key are left out."""
    clients = [_service(name, _public(key)) for name, key in keys.items() if name in _SERVICES]
    if "portal" in keys:
        clients.append(_portal(base, _public(keys["portal"])))
    return clients


async def ensure_platform_clients(
    registration: Registration, base: str, keys: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Register them; gives the names of those that were new or have changed."""
    return [
        client.id
        for client in platform_clients(base, keys)
        if await registration.register(client, "platform")
    ]


def _service(name: str, key: dict[str, Any]) -> Client:
    title, for_others, for_itself = _SERVICES[name]
    return Client(
        id=name,
        name=title,
        auth_method="private_key_jwt",
        jwks={"keys": [key]},
        grant_types=_MACHINE,
        scopes=frozenset(for_others.split()),
        own_scopes=frozenset(for_itself.split()),
        platform=True,
    )


def _portal(base: str, key: dict[str, Any]) -> Client:
    return Client(
        id="portal",
        name="一网通办门户",
        auth_method="private_key_jwt",
        jwks={"keys": [key]},
        grant_types=frozenset({AUTHORIZATION_CODE, REFRESH_TOKEN, CLIENT_CREDENTIALS}),
        redirect_uris=(f"{base}/auth/callback",),
        post_logout_uris=(f"{base}/",),
        backchannel_logout_uri=f"{base}/auth/backchannel-logout",
        backchannel_logout_session_required=True,
        scopes=ALL,
        own_scopes=frozenset({"catalogue.read"}),
        platform=True,
    )


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: key[name] for name in _PUBLIC_PARTS if name in key}
