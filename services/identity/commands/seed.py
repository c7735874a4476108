"""The people and clients of a demo, in onebox only; run again, it changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.identity.commands.demo_people import DemoPeople
from services.identity.commands.platform_clients import ensure_platform_clients
from services.identity.commands.provider import Provider
from services.identity.commands.secrets import digest
from services.identity.domain.clients import CLIENT_CREDENTIALS, Client
from services.identity.domain.errors import NotAllowed
from services.identity.store import people

_ACTOR = "demo"
_SELF_REGISTERED = frozenset(
    {
        "openid",
        "profile",
        "phone",
        "email",
        "catalogue.read",
        "cases.apply",
        "cases.read",
        "exchange.query",
        "identity.self",
    }
)
_DEPARTMENT_SCOPES = frozenset({"exchange.query", "cases.handle", "cases.read", "events.read"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSystem:
    """The demo department's system: its secret, and whose system it is."""

    secret: str
    department: str
    region: str
    name: str = "部门业务系统"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the caller wants to be there; he keeps the secrets, so they stay the same."""

    people: Mapping[str, Any]
    passwords: Mapping[str, str]
    client_keys: Mapping[str, Mapping[str, Any]]
    department: DemoSystem | None = None
    registration_token: str | None = None


@dataclass(frozen=True, slots=True)
class SeedResult:
    """Ids by the keys of the plan, and what was new."""

    people: dict[str, str]
    organisations: dict[str, str]
    staff: dict[str, str]
    clients: list[str] = field(default_factory=list)


async def seed(provider: Provider, plan: Plan) -> SeedResult:
    """Make the accounts, organisations, delegations, offices and clients of the plan."""
    if not provider.settings.onebox:
        raise NotAllowed("演示账号只能用于单机版。", "Demo accounts exist in onebox only.")
    hashes = await _hashes(provider, plan)
    async with provider.db.write() as tx:
        demo = DemoPeople(provider, tx)
        await demo.people(plan.people.get("people", []), hashes)
        await demo.organisations(plan.people.get("organisations", []))
        await demo.delegations(plan.people.get("delegations", []))
        await demo.staff(plan.people.get("staff", []))
    return SeedResult(
        demo.person_ids, demo.organisation_ids, demo.staff_ids, await _clients(provider, plan)
    )


async def _hashes(provider: Provider, plan: Plan) -> dict[str, str]:
    """Hashes of the passwords, but for none when the first account shows that all are set."""
    wanted = {
        person["key"]: plan.passwords[person["key"]]
        for person in plan.people.get("people", [])
        if person["key"] in plan.passwords
    }
    if await _all_set(provider, plan, wanted):
        return {}
    return {key: await provider.passwords.hash(password) for key, password in wanted.items()}


async def _all_set(provider: Provider, plan: Plan, wanted: Mapping[str, str]) -> bool:
    stored: list[str | None] = []
    passwords: list[str] = []
    async with provider.db.read() as connection:
        for person in plan.people.get("people", []):
            if person["key"] not in wanted:
                continue
            found = await provider.people.by_login_name(connection, person["username"])
            stored.append(await people.password_hash(connection, found.id) if found else None)
            passwords.append(wanted[person["key"]])
    if not stored or None in stored:
        return False
    return await provider.passwords.matches(stored[0], passwords[0])


async def _clients(provider: Provider, plan: Plan) -> list[str]:
    register = provider.registration
    base = provider.settings.public_base
    changed = await ensure_platform_clients(register, base, plan.client_keys)
    if plan.department is not None:
        client = _department(plan.department)
        if await register.register(client, _ACTOR):
            changed.append(client.id)
    if plan.registration_token is not None:
        await register.put_initial_token(plan.registration_token, _SELF_REGISTERED)
    return changed


def _department(system: DemoSystem) -> Client:
    return Client(
        id="department",
        name=system.name,
        auth_method="client_secret_basic",
        secret_hash=digest(system.secret),
        grant_types=frozenset({CLIENT_CREDENTIALS}),
        own_scopes=_DEPARTMENT_SCOPES,
        department=system.department,
        region=system.region,
    )
