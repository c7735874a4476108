"""What is told of a person, claim by claim (OpenID Connect Core, section 5.1)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.domain.claims import COVERED, Claims, Wanted
from services.identity.domain.clients import Client
from services.identity.domain.grants import Grant
from services.identity.store.people import People, Person
from shared.access import AccessLog
from shared.crypto import mask
from shared.db import Database

_NATIONAL = "+86"
_FIELDS = {"name": "name", "phone_number": "phone", "email": "email"}
_BASIS = "个人信息保护法第十三条、第二十三条：本人登录该系统时同意提供"


@dataclass(frozen=True, slots=True)
class _Reader:
    """The client to which the person's own login tells it, as the access log wants readers."""

    sub: str
    acting_for: str
    client_id: str
    staff: None = None


class PersonalClaims:
    """Tells them; the person sees afterwards which client was told a number or address whole."""

    def __init__(self, db: Database, people: People, access: AccessLog) -> None:
        self._db = db
        self._people = people
        self._access = access

    async def of(self, grant: Grant, client: Client, wanted: Claims) -> dict[str, Any]:
        """The claims for userinfo."""
        opened = self._db.write if _whole(wanted, client) else self._db.read
        async with opened() as connection:
            return await self.within(connection, grant, client, wanted)

    async def within(
        self, connection: AsyncConnection, grant: Grant, client: Client, wanted: Claims
    ) -> dict[str, Any]:
        """The same in a transaction that the caller began."""
        person = await self._people.find(connection, grant.person) if wanted else None
        if person is None:
            return {}
        told = claims_of(person, wanted, client)
        if whole := _whole({name: wanted[name] for name in told}, client):
            reader = _Reader(grant.person, grant.person, client.id)
            await self._access.record(
                connection, reader, grant.person, fields=whole, purpose="userinfo", basis=_BASIS
            )
        return told


def claims_of(person: Person, wanted: Claims, client: Client) -> dict[str, Any]:
    """The claims that are known of the person; one that may only have other values is left out."""
    told: dict[str, Any] = {}
    for name, asked in wanted.items():
        value = _value(person, name)
        if value is not None and asked.takes(value):
            told[name] = value if _is_told_whole(name, asked, client) else _covered(name, value)
    return told


def _whole(wanted: Claims, client: Client) -> list[str]:
    """The claims that are told whole to who asked for them in so many words."""
    return [
        name
        for name, asked in wanted.items()
        if name in COVERED and asked.essential and _is_told_whole(name, asked, client)
    ]


def _is_told_whole(name: str, asked: Wanted, client: Client) -> bool:
    """Asked for as essential; the name also where a system of the platform itself asks."""
    return name not in COVERED or asked.essential or (name == "name" and client.platform)


def _value(person: Person, name: str) -> str | bool | None:
    field = _FIELDS[name.removesuffix("_verified")]
    value = person.open(field)
    if value is None:
        return None
    if name.endswith("_verified"):
        return person.proven(field)
    return f"{_NATIONAL}{value}" if field == "phone" else value


def _covered(name: str, value: str | bool) -> str | bool:
    match name, value:
        case "phone_number", str():
            return mask(value, 6, 4)
        case "email", str():
            box, _, domain = value.rpartition("@")
            return f"{mask(box, 1, 0)}@{domain}"
        case "name", str():
            return mask(value, 1, 0)
    return value
