from datetime import UTC, datetime, timedelta

import pytest

from shared import clock
from shared.auth import InvalidToken, OnBehalfOf, Staff, Verifier
from tests.support.tokens import AUDIENCE, ISSUER, Issuer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_a_persons_token_names_its_subject(issuer: Issuer, verifier: Verifier) -> None:
    with clock.at(NOON):
        subject = await verifier.verify(issuer.token(jti="jti_1"))
    assert (subject.sub, subject.kind, subject.client_id) == ("psn_0190a1b2", "person", "portal")
    assert subject.scopes == {"cases.apply", "cases.read"}
    assert (subject.acr, subject.sid, subject.token_id) == (2, "ses_0190a1b2", "jti_1")
    assert subject.expires_at == NOON.timestamp() + 300
    assert subject.auth_time == NOON.timestamp() - 60
    assert subject.audiences == {AUDIENCE}
    assert subject.for_oneself
    assert subject.acting_for == "psn_0190a1b2"


async def test_a_machines_token_is_a_systems(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.token(sub="portal", acr=None, sid=None, auth_time=None)
    subject = await verifier.verify(token)
    assert subject.is_system
    assert not subject.is_person
    assert (subject.acr, subject.sid, subject.auth_time) == (0, None, None)


async def test_who_acts_for_another_is_named_with_the_delegation(
    issuer: Issuer, verifier: Verifier
) -> None:
    end = clock.now().timestamp() + 1000
    behalf = {"type": "org", "id": "org_1", "delegation": "dlg_1", "items": ["A"], "exp": end}
    subject = await verifier.verify(issuer.token(on_behalf_of=behalf))
    assert subject.on_behalf_of == OnBehalfOf("org", "org_1", "dlg_1", frozenset("A"), end)
    assert subject.acting_for == "org_1"
    assert subject.on_behalf_of.covers("X", "A")
    assert not subject.on_behalf_of.covers("B")


async def test_a_delegation_without_items_covers_every_item(
    issuer: Issuer, verifier: Verifier
) -> None:
    behalf = {"type": "person", "id": "psn_2", "delegation": "dlg_1"}
    subject = await verifier.verify(issuer.token(on_behalf_of=behalf))
    assert subject.on_behalf_of is not None
    assert subject.on_behalf_of.covers("anything")


async def test_staff_have_their_office_and_roles(issuer: Issuer, verifier: Verifier) -> None:
    staff = {
        "id": "stf_1",
        "department": "11990102MB00000000",
        "region": "990102000000",
        "positions": ["pos_1"],
        "roles": ["officer"],
    }
    subject = await verifier.verify(issuer.token(staff=staff))
    assert subject.staff == Staff(
        "stf_1",
        "11990102MB00000000",
        "990102000000",
        frozenset({"pos_1"}),
        frozenset({"officer"}),
    )
    assert subject.has_role("officer")
    assert not subject.has_role("reviewer")


async def test_services_that_call_for_the_subject_are_named_nearest_first(
    issuer: Issuer, verifier: Verifier
) -> None:
    token = issuer.token(act={"sub": "cases", "act": {"sub": "portal"}})
    assert (await verifier.verify(token)).act == ("cases", "portal")


@pytest.mark.parametrize(
    ("acr", "level"),
    [("urn:tongban:acr:l4", 4), ("urn:tongban:acr:l5", 0), ("l3", 0), (3, 0), (None, 0)],
)
async def test_an_unknown_level_gives_no_assurance(
    issuer: Issuer, verifier: Verifier, acr: object, level: int
) -> None:
    assert (await verifier.verify(issuer.token(acr=acr))).acr == level


async def test_the_gateway_leaves_the_audience_to_its_routes(issuer: Issuer) -> None:
    verifier = Verifier(issuer.jwks, ISSUER, None)
    subject = await verifier.verify(issuer.token(aud="elsewhere"))
    assert subject.audiences == {"elsewhere"}


async def test_a_verified_token_is_not_verified_again(issuer: Issuer, verifier: Verifier) -> None:
    token = issuer.token()
    assert await verifier.verify(token) is await verifier.verify(token)
    assert (verifier.cache_hits, verifier.cache_misses) == (1, 1)


async def test_a_remembered_token_still_expires(issuer: Issuer, verifier: Verifier) -> None:
    with clock.at(NOON):
        token = issuer.token()
        await verifier.verify(token)
    with clock.at(NOON + timedelta(seconds=304)):
        await verifier.verify(token)  # within the leeway
    with clock.at(NOON + timedelta(seconds=305)), pytest.raises(InvalidToken, match="expired"):
        await verifier.verify(token)


async def test_a_remembered_token_ends_with_its_delegation(
    issuer: Issuer, verifier: Verifier
) -> None:
    end = NOON.timestamp() + 60
    behalf = {"type": "org", "id": "org_1", "delegation": "dlg_1", "exp": end}
    with clock.at(NOON):
        token = issuer.token(on_behalf_of=behalf)
        await verifier.verify(token)
    with clock.at(NOON + timedelta(seconds=66)), pytest.raises(InvalidToken, match="expired"):
        await verifier.verify(token)


async def test_the_memory_of_tokens_is_bounded(issuer: Issuer) -> None:
    verifier = Verifier(issuer.jwks, ISSUER, AUDIENCE, cache_size=2)
    tokens = [issuer.token() for _ in range(3)]
    for token in [*tokens, tokens[0], tokens[2]]:
        await verifier.verify(token)
    assert (verifier.cache_hits, verifier.cache_misses) == (1, 4)
