"""A device waits, a person confirms it elsewhere, the device fetches its tokens (RFC 8628)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.commands.secrets import Derived, digest, new_secret
from services.identity.domain.device_codes import (
    ALPHABET,
    INTERVAL_SECONDS,
    LENGTH,
    LIFETIME,
    DeviceRequest,
)
from services.identity.domain.grants import AuthorizationRequest
from services.identity.store import device_codes, grants
from shared.clock import now
from shared.db import Database

_PURPOSE = "device user code"


@dataclass(frozen=True, slots=True)
class Started:
    """What the device is told: its own code, and the one for the person."""

    device_code: str
    user_code: str


class Devices:
    """The requests of devices."""

    def __init__(self, db: Database, derived: Derived, issuer: str) -> None:
        self._db = db
        self._derived = derived
        self._back = f"{issuer}/device/done"

    async def begin(self, client: str, scopes: frozenset[str], audience: Sequence[str]) -> Started:
        """A device begins to wait."""
        device_code = new_secret()
        user_code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        asked = DeviceRequest(
            id=digest(device_code),
            client=client,
            scopes=scopes,
            audience=tuple(audience),
            state="pending",
            grant=None,
            interval=INTERVAL_SECONDS,
            polled_at=None,
            expires_at=now() + LIFETIME,
        )
        async with self._db.write() as tx:
            await device_codes.add_device(tx, self._hashed(user_code), asked)
        return Started(device_code, user_code)

    async def waiting(self, user_code: str) -> DeviceRequest | None:
        """The device that waits under this user code."""
        async with self._db.read() as connection:
            return await device_codes.waiting_device(connection, self._hashed(user_code), now())

    def request(self, asked: DeviceRequest) -> AuthorizationRequest:
        """The authorization of a person that the device needs, and that comes back to our page."""
        return AuthorizationRequest(
            client=asked.client,
            redirect_uri=self._back,
            scopes=asked.scopes,
            audience=asked.audience,
            challenge=asked.challenge,
            state=asked.challenge,
        )

    async def deny(self, asked: DeviceRequest) -> None:
        """The person does not want it."""
        async with self._db.write() as tx:
            await device_codes.decide_device(tx, asked.id, "denied")

    async def cancelled(self, challenge: str) -> None:
        """The person turned back at the login: the device waits no longer."""
        async with self._db.write() as tx:
            asked = await device_codes.device_of_challenge(tx, challenge)
            if asked is not None:
                await device_codes.decide_device(tx, asked.id, "denied")

    async def approve(self, code: str) -> bool:
        """With the code of the person's authorization; False when the device waits no longer."""
        moment = now()
        async with self._db.write() as tx:
            found = await grants.lock_code(tx, digest(code))
            if found is None or found.redirect_uri != self._back or found.used_at is not None:
                return False
            asked = await device_codes.device_of_challenge(tx, found.challenge)
            if asked is None or asked.client != found.client:
                return False
            if min(asked.expires_at, found.expires_at) <= moment:
                return False
            await grants.use_code(tx, digest(code), moment)
            return await device_codes.decide_device(tx, asked.id, "approved", found.grant)

    def _hashed(self, user_code: str) -> str:
        return self._derived.value(_PURPOSE, user_code)


def too_soon(asked: DeviceRequest, moment: datetime) -> bool:
    """Whether the device asks again before its interval is over."""
    if asked.polled_at is None:
        return False
    return moment - asked.polled_at < timedelta(seconds=asked.interval)
