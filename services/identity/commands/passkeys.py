"""Passkeys (Web Authentication Level 3): registering, logging in, naming and removing them."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.identity.commands.attempts import Attempts
from services.identity.commands.begin import Arrival, BeginLogin, LoggedIn
from services.identity.commands.entrance import WrongCredentials
from services.identity.commands.tickets import StaleTicket, Tickets
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.ways import PASSKEY, SYNCED_PASSKEY, proof_of
from services.identity.store import passkeys
from services.identity.store.passkeys import Passkey
from services.identity.store.people import People, Person
from shared.clock import now
from shared.db import Database
from shared.ids import new_id

LIFE = timedelta(minutes=10)
MOST = 20
LONGEST_CREDENTIAL = 8_000
_LONGEST_NAME = 40
_LOGIN, _REGISTER = "passkey-login", "passkey-register"


class ClonedPasskey(WrongCredentials):
    """The counter went back: somebody may have copied the authenticator (section 6.1.1)."""


class Passkeys:
    """A passkey replaces the password, so user verification is always required."""

    def __init__(
        self,
        db: Database,
        store: People,
        tickets: Tickets,
        attempts: Attempts,
        begin: BeginLogin,
        *,
        issuer: str,
        site: str,
    ) -> None:
        parts = urlsplit(issuer)
        self._db = db
        self._people = store
        self._tickets = tickets
        self._attempts = attempts
        self._begin = begin
        self._rp = parts.hostname or ""
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._site = site

    def login_options(self, browser: str) -> str:
        """What the browser is asked for a login: any passkey of this site that it has."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp,
            challenge=self._tickets.issue(_LOGIN, browser).encode(),
            timeout=_milliseconds(LIFE),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    async def log_in(self, answer: str, browser: str, arrival: Arrival) -> LoggedIn:
        """A login by the answer of an authenticator; raises WrongCredentials or Wait."""
        counters = self._attempts.of_address(arrival.visit.address)
        await self._attempts.admit(counters)
        credential = _parsed(answer)
        challenge = await self._challenge(credential, _LOGIN, browser)
        async with self._db.write() as tx:
            known = await passkeys.lock_passkey(tx, base64url_to_bytes(credential["rawId"]))
            person = await self._people.find(tx, known.person) if known else None
            if known is None or person is None or person.status != "active":
                raise WrongCredentials
            await self._verify(tx, credential, challenge, known)
            await self._attempts.forgive(tx, counters)
            way = SYNCED_PASSKEY if known.synced else PASSKEY
            return await self._begin(tx, person, proof_of(way), arrival)

    async def registration_options(self, person: Person, browser: str) -> str:
        """What the browser is asked for a new passkey of this person."""
        async with self._db.read() as connection:
            known = await passkeys.passkeys_of(connection, person.id)
        shown = person.open("name") or person.login_name or ""
        options = webauthn.generate_registration_options(
            rp_id=self._rp,
            rp_name=self._site,
            user_id=person.id.encode(),
            user_name=person.login_name or shown,
            user_display_name=shown,
            challenge=self._tickets.issue(_REGISTER, browser, person.id).encode(),
            timeout=_milliseconds(LIFE),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in known],
        )
        return webauthn.options_to_json(options)

    async def made(self, person: str, answer: str, browser: str, name: str) -> Passkey:
        """The passkey that an authenticator has made, checked and named, to be added."""
        named, credential = passkey_name(name), _parsed(answer)
        challenge = await self._challenge(credential, _REGISTER, browser, person)
        try:
            made = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except WebAuthnException as error:
            raise WrongCredentials from error
        return Passkey(
            id=new_id("psk"),
            person=person,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            synced=made.credential_device_type == "multi_device",
            name=named,
            created_at=now(),
        )

    async def add(self, tx: AsyncConnection, passkey: Passkey) -> None:
        """Store it; a credential that somebody has already is nobody else's."""
        if await passkeys.count_passkeys(tx, passkey.person) >= MOST:
            raise NotAllowed(
                f"最多 {MOST} 个通行密钥，请先删除不用的。",
                f"There are {MOST} passkeys already: remove one that you do not use.",
            )
        try:
            await passkeys.add_passkey(tx, passkey)
        except IntegrityError:
            raise WrongCredentials from None

    async def _challenge(self, credential: dict[str, Any], purpose: str, *bound: str) -> bytes:
        """The challenge that was answered, when it is one of ours for this browser, once."""
        try:
            told = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
            challenge = base64url_to_bytes(told["challenge"])
            await self._tickets.spend(challenge.decode(), LIFE, purpose, *bound)
        except (StaleTicket, ValueError, KeyError, TypeError) as error:
            raise WrongCredentials from error
        return challenge

    async def _verify(
        self, tx: AsyncConnection, credential: dict[str, Any], challenge: bytes, known: Passkey
    ) -> None:
        handle = credential["response"].get("userHandle")
        try:
            if handle and base64url_to_bytes(handle) != known.person.encode():
                raise WrongCredentials
            verified = webauthn.verify_authentication_response(
                credential=parse_authentication_credential_json(credential),
                expected_challenge=challenge,
                expected_rp_id=self._rp,
                expected_origin=self._origin,
                credential_public_key=known.public_key,
                # Compared below, to tell a copy from a forgery.
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise WrongCredentials from error
        counted = verified.new_sign_count
        if (counted or known.sign_count) and counted <= known.sign_count:
            raise ClonedPasskey
        await passkeys.used_passkey(tx, known.id, counted, now())


def passkey_name(text: str) -> str:
    """What its owner calls it."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid(
            "name",
            f"请起一个 1–{_LONGEST_NAME} 个字的名字，例如“我的手机”。",
            f"Give it a name of 1 to {_LONGEST_NAME} characters, such as “my phone”.",
        )
    return name


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST_CREDENTIAL:
        raise WrongCredentials
    try:
        credential = json.loads(answer)
        base64url_to_bytes(credential["rawId"])
        if not isinstance(credential["response"], dict):
            raise WrongCredentials
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WrongCredentials from error
    return dict(credential)


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
