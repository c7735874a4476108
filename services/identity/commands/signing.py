"""Signing with the active key, publishing all of them, and rolling over to the next."""

import base64
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.errors import Invalid
from services.identity.domain.key_schedule import PUBLISHED_AFTER_USE, KeySchedule, has_retired
from services.identity.events import SigningKeyWithdrawn
from services.identity.store.keys import SigningKeyStore
from shared.auth import keys as key_files
from shared.clock import now
from shared.db import Database

_FRESH_SECONDS = 5.0
_COORDINATE_BYTES = 32
_ES256 = ECDSA(SHA256())


class Signer:
    """One key, parsed once: a JSON Web Signature costs little more than the curve does."""

    def __init__(self, kid: str, private: EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self._private = private
        self._headers: dict[str, bytes] = {}

    def sign(self, typ: str, claims: dict[str, Any]) -> str:
        """A compact JWS with ES256."""
        header = self._headers.get(typ)
        if header is None:
            content = {"alg": "ES256", "kid": self.kid, "typ": typ}
            header = self._headers[typ] = _base64url(orjson.dumps(content))
        signed = header + b"." + _base64url(orjson.dumps(claims))
        r, s = decode_dss_signature(self._private.sign(signed, _ES256))
        signature = r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)
        return (signed + b"." + _base64url(signature)).decode()


@dataclass(frozen=True, slots=True)
class _Loaded:
    signer: Signer
    key_set: dict[str, Any]
    until: float


class SigningKeys:
    """The keys of this installation; another process's rollover is seen within seconds."""

    def __init__(self, db: Database, store: SigningKeyStore, records: Records) -> None:
        self._db = db
        self._store = store
        self._records = records
        self._loaded: _Loaded | None = None

    async def signer(self) -> Signer:
        """The key that signs now."""
        return (await self._current()).signer

    async def jwks(self) -> dict[str, Any]:
        """The public keys: the next, the active and those whose tokens may still be around."""
        return (await self._current()).key_set

    async def rotate(self) -> str:
        """Sign with the key that was published as the next one; publish another. Gives its kid."""
        await self._ensure()
        async with self._db.write() as tx:
            signs = await self._roll(tx, now())
        self._loaded = None
        return signs

    async def keep_schedule(self, schedule: KeySchedule | None) -> str | None:
        """Do what is due; of several processes that come at once one does it. Gives the new kid."""
        moment = now()
        async with self._db.read() as connection:
            keys = await self._store.states(connection)
        rolls = schedule is not None and schedule.is_due(keys, moment)
        if not (rolls or has_retired(keys, moment)):
            return None
        signs = None
        async with self._db.write() as tx:
            # Whoever had to wait for the lock finds it done.
            keys = await self._store.lock(tx)
            if schedule is not None and schedule.is_due(keys, moment):
                signs = await self._roll(tx, moment)
                await self._records.prove(tx, "rotate_signing_key", signs, "schedule")
            await self._store.forget_retired(tx, moment - PUBLISHED_AFTER_USE)
        self._loaded = None
        return signs

    async def _roll(self, tx: AsyncConnection, moment: datetime) -> str:
        kids = {key.state: key.kid for key in await self._store.lock(tx)}
        await self._store.move(tx, kids["active"], "retired", moment)
        await self._store.move(tx, kids["next"], "active", moment)
        await self._add(tx, "next")
        await self._store.forget_retired(tx, moment - PUBLISHED_AFTER_USE)
        return kids["next"]

    async def withdraw(self, kids: Collection[str], by: str) -> str:
        """Publish these keys no more, from now on; gives the kid that signs now.

        Their tokens end with them: gateway and services hear it by an event, others when they ask
        for the keys again.
        """
        await self._ensure()
        moment = now()
        async with self._db.write() as tx:
            states: dict[str, str] = {key.kid: key.state for key in await self._store.lock(tx)}
            _require_known(kids, states)
            for kid in kids:
                await self._store.drop(tx, kid)
                await self._records.prove(tx, "withdraw_signing_key", kid, by)
                await self._records.tell_once(tx, kid, SigningKeyWithdrawn(key=kid))
            left = {state: kid for kid, state in states.items() if kid not in kids}
            if "active" not in left and "next" in left:
                left["active"] = left.pop("next")
                await self._store.move(tx, left["active"], "active", moment)
            for state in ("active", "next"):
                if state not in left:
                    left[state] = await self._add(tx, state)
        self._loaded = None
        return left["active"]

    async def _current(self) -> _Loaded:
        if self._loaded is None or self._loaded.until < time.monotonic():
            self._loaded = await self._load() or await self._ensure()
        return self._loaded

    async def _load(self) -> _Loaded | None:
        async with self._db.read() as connection:
            stored = await self._store.all(connection)
        public = [key for _, key, _ in stored]
        for state, key, private in stored:
            if state == "active":
                raw = ECKey.import_key(json.loads(private)).private_key
                assert raw is not None  # noqa: S101 - we stored a private key
                return _Loaded(
                    Signer(str(key["kid"]), raw),
                    {"keys": public},
                    time.monotonic() + _FRESH_SECONDS,
                )
        return None

    async def _ensure(self) -> _Loaded:
        """Make the first two keys; of several processes that start at once one does it."""
        async with self._db.write() as tx:
            have = {key.state for key in await self._store.lock(tx)}
            for state in ("active", "next"):
                if state not in have:
                    await self._add(tx, state)
        loaded = await self._load()
        if loaded is None:
            raise RuntimeError("the signing keys that were just stored cannot be read")
        return loaded

    async def _add(self, tx: AsyncConnection, state: str) -> str:
        key = key_files.generate()
        public = dict(key.as_dict(private=False)) | {"use": "sig", "alg": "ES256"}
        await self._store.add(tx, dict(key.as_dict(private=True)), public, state, now())
        return str(public["kid"])


def _require_known(kids: Collection[str], states: Mapping[str, str]) -> None:
    if not set(kids) <= states.keys():
        those = ", ".join(f"{kid} ({state})" for kid, state in states.items())
        raise Invalid("kid", f"现有签名密钥：{those}。", f"The signing keys are: {those}.")


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
