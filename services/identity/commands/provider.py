"""The provider as its endpoints and pages see it, put together once when the service starts."""

from dataclasses import dataclass
from datetime import timedelta

from services.identity.clients.messages import Messages, open_messages
from services.identity.commands.attempts import Attempts
from services.identity.commands.authorization import Authorize
from services.identity.commands.begin import BeginLogin
from services.identity.commands.consents import Consents
from services.identity.commands.delegations import Delegations
from services.identity.commands.exchange import Exchange
from services.identity.commands.issuing import Issuer
from services.identity.commands.levels import Levels
from services.identity.commands.login import LogIn
from services.identity.commands.logout import LogOut
from services.identity.commands.organisations import Organisations
from services.identity.commands.passwords import Passwords
from services.identity.commands.people import RegisterPerson
from services.identity.commands.personal_claims import PersonalClaims
from services.identity.commands.proofs import Nonces
from services.identity.commands.pushing import Pushing
from services.identity.commands.records import Records
from services.identity.commands.redeem import Redeem
from services.identity.commands.registration import Registration
from services.identity.commands.secrets import Derived
from services.identity.commands.signing import SigningKeys
from services.identity.commands.staff import Offices
from services.identity.commands.steps import Steps
from services.identity.commands.subjects import Subjects
from services.identity.commands.used_once import UsedOnce
from services.identity.settings import Settings
from services.identity.store.interactions import LoginHints
from services.identity.store.keys import SigningKeyStore
from services.identity.store.people import People
from services.identity.store.pushed_requests import PushedRequests
from shared.access import AccessLog
from shared.auth import Verifier
from shared.db import Database
from shared.service import Runtime


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Every part by its name."""

    settings: Settings
    db: Database
    people: People
    keys: SigningKeys
    issuer: Issuer
    own_tokens: Verifier
    derived: Derived
    records: Records
    messages: Messages
    access: AccessLog
    passwords: Passwords
    begin: BeginLogin
    log_in: LogIn
    log_out: LogOut
    authorize: Authorize
    nonces: Nonces
    used_once: UsedOnce
    pushing: Pushing
    consents: Consents
    subjects: Subjects
    levels: Levels
    personal_claims: PersonalClaims
    redeem: Redeem
    exchange: Exchange
    registration: Registration
    register_person: RegisterPerson
    delegations: Delegations
    offices: Offices
    organisations: Organisations


def assemble(runtime: Runtime, settings: Settings) -> Provider:
    """The parts of the provider on the mechanisms of the service."""
    db, base = runtime.db, settings.public_base
    people = People(lambda: runtime.keyring)
    records = Records(runtime.outbox, runtime.evidence)
    keys = SigningKeys(db, SigningKeyStore(lambda: runtime.keyring), records)
    issuer = Issuer(settings.issuer, keys)
    own_tokens = Verifier(keys.jwks, settings.issuer, None)
    derived = Derived(lambda: runtime.keyring)
    delegations = Delegations(people, records)
    passwords = Passwords()
    attempts = Attempts(db, people)
    begin = BeginLogin(records)
    subjects = Subjects(derived)
    personal = PersonalClaims(db, people, runtime.access)
    consents = Consents(db, records)
    hints = LoginHints(lambda: runtime.keyring)
    return Provider(
        settings=settings,
        db=db,
        people=people,
        keys=keys,
        issuer=issuer,
        own_tokens=own_tokens,
        derived=derived,
        records=records,
        messages=open_messages(settings, runtime.outside),
        access=runtime.access,
        passwords=passwords,
        begin=begin,
        log_in=LogIn(db, people, passwords, attempts, begin),
        log_out=LogOut(db, records),
        nonces=Nonces(derived, demanded=settings.dpop_nonce),
        used_once=UsedOnce(db),
        authorize=Authorize(db, base, Steps(subjects), subjects, consents, hints),
        pushing=Pushing(db, PushedRequests(lambda: runtime.keyring)),
        consents=consents,
        subjects=subjects,
        levels=Levels(),
        personal_claims=personal,
        redeem=Redeem(
            db,
            personal,
            issuer,
            records,
            derived,
            base=base,
            grace=timedelta(seconds=settings.refresh_grace_seconds),
            refresh_life=settings.refresh_life,
        ),
        exchange=Exchange(db, issuer, own_tokens, base),
        registration=Registration(db, records),
        register_person=RegisterPerson(db, people, passwords, records, attempts),
        delegations=delegations,
        offices=Offices(records),
        organisations=Organisations(records, delegations),
    )
