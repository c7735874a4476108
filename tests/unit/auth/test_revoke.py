from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.auth import InvalidToken, Verifier
from tests.support.tokens import Issuer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CLAIMS: dict[str, Any] = {
    "jti": "jti_1",
    "staff": {"id": "stf_1", "department": "d", "region": "r"},
    "on_behalf_of": {"type": "org", "id": "org_1", "delegation": "dlg_1"},
    "act": {"sub": "cases"},
}


@pytest.mark.parametrize(
    "identifier",
    ["jti_1", "ses_0190a1b2", "psn_0190a1b2", "portal", "stf_1", "dlg_1", "org_1", "cases"],
)
async def test_a_remembered_token_is_refused_at_once(
    issuer: Issuer, verifier: Verifier, identifier: str
) -> None:
    token = issuer.token(**CLAIMS)
    await verifier.verify(token)
    verifier.revoke(identifier)
    with pytest.raises(InvalidToken, match="revoked"):
        await verifier.verify(token)


async def test_others_are_not_touched(issuer: Issuer, verifier: Verifier) -> None:
    verifier.revoke("psn_other")
    assert (await verifier.verify(issuer.token())).is_person


async def test_what_is_issued_afterwards_is_good(issuer: Issuer, verifier: Verifier) -> None:
    with clock.at(NOON):
        before = issuer.token()
        verifier.revoke("psn_0190a1b2")
    with clock.at(NOON + timedelta(seconds=1)):
        await verifier.verify(issuer.token())
        with pytest.raises(InvalidToken, match="revoked"):
            await verifier.verify(before)


async def test_a_revocation_outlives_every_token_from_before(
    issuer: Issuer, verifier: Verifier
) -> None:
    with clock.at(NOON):
        token = issuer.token(exp=int(NOON.timestamp()) + 3600)
        verifier.revoke("psn_0190a1b2")
    with clock.at(NOON + timedelta(seconds=3604)):
        verifier.revoke("psn_other")
        with pytest.raises(InvalidToken, match="revoked"):
            await verifier.verify(token)


async def test_a_revocation_counts_from_its_moment(issuer: Issuer, verifier: Verifier) -> None:
    with clock.at(NOON - timedelta(seconds=20)):
        before = issuer.token()
    with clock.at(NOON):
        after = issuer.token()
        verifier.revoke("psn_0190a1b2", NOON - timedelta(seconds=10))
        await verifier.verify(after)
        with pytest.raises(InvalidToken, match="revoked"):
            await verifier.verify(before)


async def test_what_is_never_used_again_is_refused_for_good(
    issuer: Issuer, verifier: Verifier
) -> None:
    with clock.at(NOON):
        verifier.revoke("ses_0190a1b2", for_good=True)
    with clock.at(NOON + timedelta(seconds=1)), pytest.raises(InvalidToken, match="revoked"):
        await verifier.verify(issuer.token())


async def test_an_older_revocation_heard_later_takes_nothing_back(
    issuer: Issuer, verifier: Verifier
) -> None:
    with clock.at(NOON):
        token = issuer.token()
        verifier.revoke("psn_0190a1b2", NOON)
        verifier.revoke("psn_0190a1b2", NOON - timedelta(seconds=10))
        with pytest.raises(InvalidToken, match="revoked"):
            await verifier.verify(token)


async def test_a_revocation_is_forgotten_when_no_token_from_before_can_live(
    issuer: Issuer, verifier: Verifier
) -> None:
    with clock.at(NOON):
        verifier.revoke("ses_0190a1b2", for_good=True)
    with clock.at(NOON + verifier.longest_life):
        verifier.revoke("psn_other")
        assert (await verifier.verify(issuer.token())).sid == "ses_0190a1b2"
