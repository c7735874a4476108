"""An issuer with real keys, and a verifier of its tokens whose monotonic time tests move."""

from collections.abc import AsyncGenerator

import pytest

from shared.auth import SigningKeys, Verifier
from tests.support.tokens import AUDIENCE, ISSUER, Issuer


class Ticks:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def verifier(issuer: Issuer, ticks: Ticks) -> AsyncGenerator[Verifier]:
    keys = SigningKeys(issuer.jwks, clock=ticks)
    verifier = Verifier(issuer.jwks, ISSUER, AUDIENCE, keys=keys)
    yield verifier
    await verifier.close()
