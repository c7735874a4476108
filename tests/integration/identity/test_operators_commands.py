"""What an operator registers by command works beside the running provider."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from services.identity.commands.signing import SigningKeys
from services.identity.store import mechanisms
from services.identity.store.keys import SigningKeyStore
from services.identity.store.staff import offices_of
from shared.auth import keys as key_files
from shared.auth.assertions import assertion
from shared.clock import now
from tests.support.commands import Operator
from tests.support.identity import DEPARTMENT, ISSUER, REGION, World, claims

AT = ("--department", DEPARTMENT, "--region", REGION)
SYSTEM = ("register-client", "卫健业务系统", *AT, "--scope", "cases.handle events.read")
OFFICE = ("appoint-staff", "citizen", *AT, "--role", "officer", "--position", "经办人")


@pytest.fixture
def world(world_anywhere: World) -> World:
    """On SQLite and on PostgreSQL in turn."""
    return world_anywhere


@pytest.fixture
def operator(world: World, tmp_path: Path) -> Operator:
    url: str = world.app.state.runtime.settings.database_url
    return Operator(tmp_path, "onebox", {"identity": url})


async def does(operator: Operator, *words: str) -> str:
    return await asyncio.to_thread(operator.does, "identity", *words)


async def refused(operator: Operator, *words: str) -> str:
    return await asyncio.to_thread(operator.refused, "identity", *words)


def told(said: str, name: str) -> str:
    """A value that a command printed."""
    found = re.search(rf"^{name}: (\S+)$", said, re.MULTILINE)
    assert found is not None, said
    return found[1]


async def own_token(world: World, client: str, secret: str) -> httpx.Response:
    grant = {"grant_type": "client_credentials"}
    return await world.token(grant, auth=httpx.BasicAuth(client, secret))


async def proved(world: World, act: str) -> list[dict[str, Any]]:
    """The evidence of an act."""
    async with world.provider.db.read() as connection:
        rows = (await connection.scalars(select(mechanisms.evidence.rows.c.row))).all()
    return [row for row in map(json.loads, rows) if row["act"] == act]


async def test_a_departments_system_gets_tokens_with_its_secret(
    world: World, operator: Operator
) -> None:
    said = await does(operator, *SYSTEM)
    answer = await own_token(world, told(said, "client_id"), told(said, "client_secret"))
    token = claims(answer.json()["access_token"])
    assert token["scope"] == "cases.handle events.read"
    assert (token["system"]["department"], token["system"]["region"]) == (DEPARTMENT, REGION)
    proof = (await proved(world, "register_client"))[-1]
    assert (proof["subject"], proof["actor"][:9]) == (told(said, "client_id"), "operator:")


async def test_a_system_with_a_key_gets_no_secret_and_tokens_by_its_key(
    world: World, operator: Operator, tmp_path: Path
) -> None:
    key = key_files.generate()
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    said = await does(operator, *SYSTEM, "--id", "health-system", "--jwks", str(file))
    assert said == "client_id: health-system\n"
    form = world.proof("cases", assertion=assertion("health-system", key, ISSUER))
    answer = await world.token({"grant_type": "client_credentials", **form})
    assert answer.status_code == 200, answer.text


async def test_only_renewing_replaces_a_secret(world: World, operator: Operator) -> None:
    named = (*SYSTEM, "--id", "health-system")
    old = told(await does(operator, *named), "client_secret")
    assert "registered already" in await refused(operator, *named)
    new = told(await does(operator, *named, "--renew"), "client_secret")
    assert (await own_token(world, "health-system", old)).status_code == 401
    assert (await own_token(world, "health-system", new)).status_code == 200


async def test_monitoring_gets_a_client_without_a_department(operator: Operator) -> None:
    watch = ("register-client", "监控", "--scope", "ops.read")
    assert "client_secret" in await does(operator, *watch)
    assert "may have" in await refused(operator, *watch, "--scope", "cases.read")


async def test_a_secret_that_the_operator_made_is_taken_and_not_shown(
    world: World, operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "prometheus"
    file.write_text("0123456789abcdef" * 2 + "\n")
    watch = ("register-client", "监控", "--id", "prometheus", "--scope", "ops.read", "--renew")
    for _ in range(2):  # each start of a place says it again
        said = await does(operator, *watch, "--secret-file", str(file))
        assert said == "client_id: prometheus\n"
    answer = await own_token(world, "prometheus", "0123456789abcdef" * 2)
    assert claims(answer.json()["access_token"])["scope"] == "ops.read"
    file.write_text("short")
    assert "32 characters" in await refused(operator, *watch, "--secret-file", str(file))
    both = ("--secret-file", str(file), "--jwks", str(file))
    assert "not both" in await refused(operator, *watch, *both)


async def test_the_platforms_keys_may_lie_in_folders_of_their_own(
    operator: Operator, tmp_path: Path
) -> None:
    folders = []
    for name in ("catalogue", "cases", "exchange", "portal"):
        folders += ["--keys", str(tmp_path / name)]
        (tmp_path / name).mkdir()
        key_files.load_or_create(tmp_path / name / f"{name}.jwk")
    said = await does(operator, "register-platform", *folders)
    assert all(name in said for name in ("catalogue", "cases", "exchange", "portal"))
    assert "nothing new" in await does(operator, "register-platform", *folders)


async def test_what_a_system_cannot_have_is_refused_in_words(
    operator: Operator, tmp_path: Path
) -> None:
    private = tmp_path / "private.json"
    private.write_text(json.dumps({"keys": [key_files.generate().as_dict(private=True)]}))
    wrong = {
        "cases.handle, cases.read": ("--scope", "cases.apply"),
        "none of the platform's": ("--id", "portal"),
        "a private key was sent": ("--jwks", str(private)),
        "cannot be read as JSON": ("--jwks", str(tmp_path / "none")),
        "check character": ("--department", "11990102MB2906957A"),
        "6, 9 or 12 digits": ("--region", "99010"),
    }
    for why, words in wrong.items():
        expected = why.split(", ")
        line = await refused(operator, *SYSTEM, *words)
        assert all(part in line for part in expected), line
    alone = ("register-client", "x", "--scope", "cases.read", "--region", REGION)
    assert "given together" in await refused(operator, *alone)


async def test_a_person_is_appointed_once_and_anew_after_the_end(
    world: World, operator: Operator
) -> None:
    person, db = world.person("citizen"), world.provider.db
    said = await does(operator, *OFFICE)
    assert "nothing new" in await does(operator, *OFFICE)
    async with db.read() as connection:
        (office,) = await offices_of(connection, person, now())
    assert office.id in said
    assert (office.department, office.region) == (DEPARTMENT, REGION)
    assert (office.positions, office.roles) == (("经办人",), ("officer",))

    async with db.write() as tx:
        assert await world.provider.offices.deactivate(tx, office.id, by="tests")
    assert "appointed" in await does(operator, *OFFICE)
    async with db.read() as connection:
        assert await offices_of(connection, person, now()) == [office]


async def test_an_office_needs_an_account_and_roles_that_exist(operator: Operator) -> None:
    nobody = ("appoint-staff", "nobody", *OFFICE[2:])
    assert "no account nobody" in await refused(operator, *nobody)
    assert "security_administrator" in await refused(operator, *OFFICE, "--role", "king")


async def test_an_organisation_is_registered_once_with_who_acts_for_it(
    world: World, operator: Operator
) -> None:
    code = "91440300708461136T"
    words = ("register-organisation", "某公司", "--code", code, "--representative", "citizen")
    organisation = (await does(operator, *words)).rpartition("：")[2].strip()
    assert "registered already" in await refused(operator, *words)
    assert [row["subject"] for row in await proved(world, "register_organisation")][-1] == (
        organisation
    )
    held = (await proved(world, "grant_delegation"))[-1]["facts"]
    assert held["principal"] == {"type": "org", "id": organisation}
    assert (held["agent"], held["basis"]) == (world.person("citizen"), "legal_representative")


def seen_anew(world: World) -> SigningKeys:
    """The keys as a process that starts now has them."""
    keyring = world.app.state.runtime.keyring
    store = SigningKeyStore(lambda: keyring)
    return SigningKeys(world.provider.db, store, world.provider.records)


async def kids(keys: SigningKeys) -> set[str]:
    return {key["kid"] for key in (await keys.jwks())["keys"]}


@pytest.mark.parametrize("state", ["active", "next"])
async def test_a_stolen_key_is_published_no_more_and_another_comes(
    world: World, operator: Operator, state: str
) -> None:
    before, active = await kids(seen_anew(world)), (await seen_anew(world).signer()).kid
    (following,) = before - {active}
    stolen, signs = (active, following) if state == "active" else (following, active)
    assert signs in await does(operator, "rotate-keys", "--withdraw", stolen)
    after = seen_anew(world)
    assert (await after.signer()).kid == signs
    assert stolen not in await kids(after)
    assert len(await kids(after)) == 2
    assert [row["subject"] for row in await proved(world, "withdraw_signing_key")] == [stolen]


async def test_all_keys_are_withdrawn_at_once_and_the_running_provider_sees_it(
    world: World, operator: Operator
) -> None:
    before = await kids(world.provider.keys)
    await does(operator, "rotate-keys", *(word for kid in before for word in ("--withdraw", kid)))
    async with asyncio.timeout(10):
        while before & await kids(world.provider.keys):  # noqa: ASYNC110 - it lies in a database
            await asyncio.sleep(0.2)
    assert await kids(world.provider.keys) == await kids(seen_anew(world))


async def test_a_key_that_is_none_is_refused_with_those_there_are(
    world: World, operator: Operator
) -> None:
    line = await refused(operator, "rotate-keys", "--withdraw", "nonsense")
    assert all(kid in line for kid in await kids(world.provider.keys))
    assert "(active)" in line
