"""A second proof after the password: a code of an app (TOTP), or a recovery code."""

import base64
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken, totp
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.secrets import Derived
from services.identity.domain.errors import Invalid
from services.identity.domain.totp import (
    DIGITS,
    SECRET_BYTES,
    STEP_SECONDS,
    steps_around,
    typed_code,
)
from services.identity.domain.ways import RECOVERY, TOTP, Way
from services.identity.store import second_factors
from services.identity.store.second_factors import CodeApps
from shared.clock import now
from shared.db import Database

HOW_MANY = 10
_PARTS = 4
_PART_LENGTH = 4
# Without letters and digits that are taken for each other on paper.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class SecondFactors:
    """What a person has besides the password."""

    def __init__(self, db: Database, apps: CodeApps, derived: Derived) -> None:
        self._db = db
        self._apps = apps
        self._derived = derived

    @staticmethod
    def new_secret() -> str:
        """A new secret as apps take it."""
        return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()

    def offered(self, secret: str, login: str) -> str:
        """Our mark on a secret that was shown, so that nobody brings one of his own."""
        return self._derived.value("offered", secret, login)

    def check_offered(self, secret: str, mark: str, login: str) -> None:
        """Refuse a secret that was not shown to this login."""
        if not self._derived.same(mark, "offered", secret, login):
            raise Invalid(
                "code",
                "页面已失效，请重新扫描。",
                "The page is out of date: scan again.",
            )

    async def add_app(self, tx: AsyncConnection, person: str, secret: str, code: str) -> list[str]:
        """Store an app that has shown that it knows the secret; gives ten recovery codes."""
        step = _matching(secret, code, -1)
        if step is None:
            raise Invalid(
                "code",
                "验证码不对。请看手机应用上现在的 6 位数字，并检查手机时间是否准确。",
                "The code is wrong. Type the six digits that the app shows now; "
                "check the phone's clock.",
            )
        await self._apps.put(tx, person, secret, step, now())
        return await self.renew_recovery_codes(tx, person)

    async def remove_app(self, tx: AsyncConnection, person: str) -> bool:
        """Ask for the password alone again; the recovery codes go with the app."""
        await second_factors.put_recovery_codes(tx, person, (), now())
        return await self._apps.remove(tx, person)

    async def renew_recovery_codes(self, tx: AsyncConnection, person: str) -> list[str]:
        """Ten new codes in the place of all earlier ones; they are shown once."""
        codes = [_recovery_code() for _ in range(HOW_MANY)]
        hashes = [self._hash(person, code) for code in codes]
        await second_factors.put_recovery_codes(tx, person, hashes, now())
        return codes

    async def prove(self, tx: AsyncConnection, person: str, typed: str) -> Way | None:
        """By which of the two this is a proof, used up with it; None when it is none."""
        code = typed_code(typed).lower()
        if len(code) == DIGITS and code.isascii() and code.isdigit():
            return TOTP if await self._app_code(tx, person, code) else None
        if len(code) != _PARTS * _PART_LENGTH:
            return None
        used = await second_factors.use_recovery_code(tx, person, self._hash(person, code))
        return RECOVERY if used else None

    async def _app_code(self, tx: AsyncConnection, person: str, code: str) -> bool:
        app = await self._apps.find(tx, person, lock=True)
        if app is None or (step := _matching(app.secret, code, app.last_step)) is None:
            return False
        await self._apps.used(tx, person, step)
        return True

    def _hash(self, person: str, code: str) -> str:
        return self._derived.value("recovery", person, typed_code(code).lower())


def _matching(secret: str, typed: str, after: int) -> int | None:
    """The time step that this is the code of; a step that was used is good no more."""
    # SHA-1 is what every app computes; HMAC does not rest on what is broken in it (RFC 6238).
    passwords = totp.TOTP(
        base64.b32decode(secret),
        DIGITS,
        SHA1(),  # noqa: S303
        STEP_SECONDS,
        enforce_key_length=False,
    )
    code = typed_code(typed).encode()
    for step in steps_around(now().timestamp()):
        try:
            passwords.verify(code, step * STEP_SECONDS)
        except InvalidToken:
            continue
        return step if step > after else None
    return None


def _recovery_code() -> str:
    parts = ("".join(secrets.choice(_ALPHABET) for _ in range(_PART_LENGTH)) for _ in range(_PARTS))
    return "-".join(parts)
