"""Proof Key for Code Exchange, with the RFC's own example."""

import pytest

from services.identity.domain.oauth import InvalidGrant, InvalidRequest
from services.identity.domain.pkce import check_challenge, check_verifier

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_rfc_7636_holds() -> None:
    assert check_challenge(CHALLENGE, "S256") == CHALLENGE
    check_verifier(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("method", [None, "plain", "s256", "S512"])
def test_only_s256_is_taken(method: str | None) -> None:
    with pytest.raises(InvalidRequest):
        check_challenge(CHALLENGE, method)


@pytest.mark.parametrize("verifier", [None, CHALLENGE, VERIFIER[:-1], VERIFIER + "!", "x" * 129])
def test_another_verifier_is_refused(verifier: str | None) -> None:
    with pytest.raises(InvalidGrant):
        check_verifier(verifier, CHALLENGE)
