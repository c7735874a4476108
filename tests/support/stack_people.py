"""Anybody on a stack: tokens signed with its own key, for any office and without the pages."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta

from joserfc.jwk import ECKey
from sqlalchemy import select

from services.identity.domain.grants import Grant
from services.identity.domain.logins import Login
from services.identity.store import grants, logins, tokens
from services.identity.store.keys import SigningKeyStore
from services.identity.store.people import people
from shared import clock
from shared.crypto import Keyring
from shared.db import Database
from shared.ids import new_id
from tests.support.stack import Stack
from tests.support.tokens import TokenMaker

POLICE = "11990102MB2906957H"
REGION = "990102000000"
COORDINATION = "11990100MB4438384H"
HEALTH = "11990100MB278278XC"
# Offices: the role, what a token of it may do, and whose office it is.
OFFICES = {
    "approver": ("approver", "cases.handle cases.read", POLICE),
    "clerk": ("clerk", "staff cases.handle cases.read identity.self", POLICE),
    "editor": ("coordinator", "catalogue.manage catalogue.read", COORDINATION),
    "data_officer": ("data_officer", "exchange.manage exchange.query", HEALTH),
    "security": ("security_administrator", "staff identity.manage", COORDINATION),
    "personnel": ("system_administrator", "staff identity.self", COORDINATION),
    "operator": ("system_administrator", "ops.read ops.manage", COORDINATION),
}
APPLICANT, REPRESENTATIVE = "zhangruoxi", "chenguodong"
_OFFICIAL = "fengyuan"


class People:
    """Headers for those who use the stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._tokens = TokenMaker(stack.base)
        self._tokens.keys = [asyncio.run(_signing_key(stack))]
        self._ids = asyncio.run(_people(stack))
        known = {name: self._ids[name] for name in (APPLICANT, REPRESENTATIVE, _OFFICIAL)}
        self._logins = asyncio.run(_logged_in(stack, known))

    def id_of(self, login_name: str) -> str:
        """The opaque id of a person of the demo."""
        return self._ids[login_name]

    def elsewhere(self) -> str:
        """Let the applicant log in in another browser too; gives that login."""
        known = {APPLICANT: self._ids[APPLICANT]}
        return asyncio.run(_logged_in(self._stack, known))[APPLICANT]["sid"]

    def headers(self, who: str) -> dict[str, str]:
        """Of the applicant, a company's representative, the department's system, an office."""
        match who:
            case "applicant":
                return self._citizen(APPLICANT)
            case "representative":
                return self._citizen(REPRESENTATIVE)
            case "system":
                return self._system()
            case _:
                return self._staff(*OFFICES[who])

    def _citizen(self, login_name: str) -> dict[str, str]:
        scopes = "cases.apply cases.read identity.self"
        return _bearer(
            self._tokens.person(
                self.id_of(login_name), scopes=scopes, level=3, **self._logins[login_name]
            )
        )

    def _system(self) -> dict[str, str]:
        """The system of the department that handles the demo's item."""
        return _bearer(
            self._tokens.system(
                "department",
                department=POLICE,
                region=REGION,
                scopes="exchange.query cases.handle cases.read events.read",
                aud=[f"{self._stack.base}/api/{service}" for service in ("cases", "exchange")],
            )
        )

    def _staff(self, role: str, scopes: str, department: str) -> dict[str, str]:
        return _bearer(
            self._tokens.staff(
                "stf_of_a_test",
                person=self.id_of(_OFFICIAL),
                **self._logins[_OFFICIAL],
                roles=[role],
                scopes=scopes,
                department=department,
                region=REGION,
                aud=[f"{self._stack.base}/api/{name}" for name in self._stack.planned.services],
            )
        )


async def _signing_key(stack: Stack) -> ECKey:
    keyring = Keyring.load(stack.planned.layout.keys / "identity.keyring.json")
    db = Database(stack.database("identity"))
    try:
        async with db.read() as connection:
            keys = await SigningKeyStore(lambda: keyring).all(connection)
    finally:
        await db.dispose()
    [private] = [private for state, _, private in keys if state == "active"]
    key = ECKey.import_key(json.loads(private))
    key.ensure_kid()
    return key


async def _people(stack: Stack) -> dict[str, str]:
    db = Database(stack.database("identity"))
    try:
        async with db.read() as connection:
            found = await connection.execute(select(people.c.login_name, people.c.id))
            return {row.login_name: row.id for row in found}
    finally:
        await db.dispose()


async def _logged_in(stack: Stack, known: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Store a login of each, as the pages would; gives what their tokens say of it."""
    claims, began = {}, clock.now()
    ends = began + timedelta(days=1)
    db = Database(stack.database("identity"))
    try:
        async with db.write() as tx:
            for name, person in known.items():
                login, grant, token = new_id("ses"), new_id("grt"), new_id("jti")
                claims[name] = {"sid": login, "jti": token}
                begun = Login(
                    id=login, person=person, amr=("pwd",), assurance=3, level=3,
                    auth_time=began, expires_at=ends,
                )  # fmt: skip
                await logins.add_login(tx, begun, secret_hash=login)
                given = Grant(
                    id=grant, client="portal", person=person, login=login, delegation=None,
                    scopes=frozenset(), audience=(), nonce=None, subject=person, created_at=began,
                )  # fmt: skip
                await grants.add_grant(tx, given)
                await tokens.add_access_token(tx, token, grant, ends)
    finally:
        await db.dispose()
    return claims


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
