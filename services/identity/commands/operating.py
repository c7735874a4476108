"""What operators do when a place is set up: systems, offices, organisations."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.platform_clients import NAMES
from services.identity.commands.provider import Provider
from services.identity.commands.registration import check_keys, new_client_id, new_client_secret
from services.identity.commands.secrets import digest
from services.identity.domain import contacts
from services.identity.domain.client_metadata import key_set
from services.identity.domain.clients import CLIENT_CREDENTIALS, Client
from services.identity.domain.errors import NotAllowed
from services.identity.domain.numbers import credit_code
from services.identity.domain.staff import Duties
from services.identity.domain.systems import Place, system_id, system_name, system_scopes
from services.identity.store import organisations, people

_TAKEN = (*NAMES, "identity")
_SHORTEST_SECRET = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSystem:
    """A system as the operator describes it.

    `keys` is its public JWK set, `secret` one of the operator's; without them it gets a secret.
    """

    name: str
    scopes: Collection[str]
    place: Place | None
    id: str | None = None
    keys: Mapping[str, Any] | None = None
    secret: str | None = None
    renew: bool = False


async def register_system(
    provider: Provider, system: NewSystem, *, by: str
) -> tuple[str, str | None]:
    """Register it; gives its client_id and, when it got a new one, its secret."""
    at, keys, secret, hashed = system.place, None, None, None
    if system.keys is not None:
        keys = key_set(system.keys)
        check_keys(keys)
    elif system.secret is not None:
        hashed = digest(_long_enough(system.secret))
    else:
        secret, hashed = new_client_secret()
    client = Client(
        id=system_id(system.id, _TAKEN) if system.id else new_client_id(),
        name=system_name(system.name),
        auth_method="private_key_jwt" if keys else "client_secret_basic",
        secret_hash=hashed,
        jwks=keys,
        grant_types=frozenset({CLIENT_CREDENTIALS}),
        own_scopes=system_scopes(system.scopes, at),
        department=at.department if at else None,
        region=at.region if at else None,
    )
    await provider.registration.register_system(client, by, renew=system.renew)
    return client.id, secret


def _long_enough(secret: str) -> str:
    if len(secret) < _SHORTEST_SECRET:
        raise NotAllowed(
            f"密钥至少 {_SHORTEST_SECRET} 个字符。",
            f"A secret has at least {_SHORTEST_SECRET} characters.",
        )
    return secret


async def appoint_staff(
    provider: Provider, login_name: str, at: Place, duties: Duties, *, by: str, also: bool = False
) -> tuple[str, bool]:
    """Give a person an office; False when he held just this one already."""
    async with provider.db.write() as tx:
        person = await _person(provider, tx, login_name)
        office, new = await provider.offices.give(tx, person, at, duties, by=by, also=also)
    return office.id, new


async def register_organisation(
    provider: Provider, *, name: str, code: str, representative: str, by: str
) -> str:
    """Make an organisation known by its code."""
    code, name = credit_code(code), system_name(name)
    async with provider.db.write() as tx:
        if await organisations.organisation_by_code(tx, code) is not None:
            raise NotAllowed(f"{code} 已登记。", f"{code} is registered already.")
        person = await _person(provider, tx, representative)
        return await provider.organisations.register(
            tx, code=code, name=name, representative=person, by=by
        )


async def _person(provider: Provider, tx: AsyncConnection, login_name: str) -> str:
    name = contacts.login_name(login_name)
    found = await provider.people.by_login_name(tx, name)
    if found is None or not await people.is_active(tx, found.id):
        raise NotAllowed(
            f"没有账号 {name}：请本人先在门户注册。",
            f"There is no account {name}: the person registers at the portal first.",
        )
    return found.id
