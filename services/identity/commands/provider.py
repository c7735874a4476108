"""The provider as its endpoints and pages see it, put together once when the service starts."""

from dataclasses import dataclass
from datetime import timedelta

from services.identity.clients.messages import Messages, open_messages
from services.identity.clients.register import open_register
from services.identity.commands.agents import Agents
from services.identity.commands.attempts import Attempts
from services.identity.commands.authorization import Authorize
from services.identity.commands.begin import BeginLogin
from services.identity.commands.change_password import ChangePassword
from services.identity.commands.closing import Closing
from services.identity.commands.consents import Consents
from services.identity.commands.delegations import Delegations
from services.identity.commands.deputations import Deputations
from services.identity.commands.device import Devices
from services.identity.commands.device_tokens import DeviceTokens
from services.identity.commands.entrance import Entrance
from services.identity.commands.exchange import Exchange
from services.identity.commands.expiry import Expiry
from services.identity.commands.family import Family
from services.identity.commands.federation.federation import Federation, federate, open_stores
from services.identity.commands.issuing import Issuer
from services.identity.commands.known_clients import KnownClients
from services.identity.commands.levels import Levels
from services.identity.commands.live_tokens import LiveTokens
from services.identity.commands.login import LogIn
from services.identity.commands.logout import LogOut
from services.identity.commands.new_passwords import NewPasswords
from services.identity.commands.one_time_codes import OneTimeCodes
from services.identity.commands.organisations import Organisations
from services.identity.commands.passkeys import Passkeys
from services.identity.commands.passwords import Passwords
from services.identity.commands.people import RegisterPerson
from services.identity.commands.personal_claims import PersonalClaims
from services.identity.commands.proofing import Proofing
from services.identity.commands.proofs import Nonces
from services.identity.commands.pushing import Pushing
from services.identity.commands.records import Records
from services.identity.commands.redeem import Redeem
from services.identity.commands.registration import Registration
from services.identity.commands.roles import RoleBook
from services.identity.commands.scans import Scans
from services.identity.commands.second_factors import SecondFactors
from services.identity.commands.secondments import Secondments
from services.identity.commands.secrets import Derived
from services.identity.commands.sessions import Sessions
from services.identity.commands.siege import Siege
from services.identity.commands.signing import SigningKeys
from services.identity.commands.staff import Offices
from services.identity.commands.steps import Steps
from services.identity.commands.subjects import Subjects
from services.identity.commands.tickets import Tickets
from services.identity.commands.used_once import UsedOnce
from services.identity.commands.window_logins import WindowLogins
from services.identity.settings import Settings
from services.identity.store.interactions import LoginHints
from services.identity.store.keys import SigningKeyStore
from services.identity.store.people import People
from services.identity.store.pushed_requests import PushedRequests
from services.identity.store.second_factors import CodeApps
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
    attempts: Attempts
    tickets: Tickets
    begin: BeginLogin
    entrance: Entrance
    federation: Federation
    log_in: LogIn
    codes: OneTimeCodes
    passkeys: Passkeys
    second_factors: SecondFactors
    change_password: ChangePassword
    scans: Scans
    window_logins: WindowLogins
    siege: Siege
    log_out: LogOut
    authorize: Authorize
    nonces: Nonces
    used_once: UsedOnce
    clients: KnownClients
    live: LiveTokens
    pushing: Pushing
    consents: Consents
    subjects: Subjects
    levels: Levels
    personal_claims: PersonalClaims
    redeem: Redeem
    devices: Devices
    device_tokens: DeviceTokens
    exchange: Exchange
    registration: Registration
    register_person: RegisterPerson
    delegations: Delegations
    agents: Agents
    family: Family
    closing: Closing
    proofing: Proofing
    offices: Offices
    sessions: Sessions
    roles: RoleBook
    deputations: Deputations
    secondments: Secondments
    expiry: Expiry
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
    known = KnownClients(db)
    delegations = Delegations(people, records)
    deputies, residents = Deputations(records), Secondments(records)
    offices = Offices(records, deputies, residents)
    passwords, rules = Passwords(), NewPasswords(settings.breached_passwords)
    messages = open_messages(settings, runtime.outside)
    register = open_register(settings, runtime.outside)
    attempts = Attempts(db, people)
    used_once = UsedOnce(db)
    federated = open_stores(db, people, records, lambda: runtime.keyring)
    begin, tickets = (
        BeginLogin(records, federated.linking, settings.only_login),
        Tickets(derived, used_once),
    )
    siege = Siege(db, tickets, settings.attack_failures)
    factors = SecondFactors(db, CodeApps(lambda: runtime.keyring), derived)
    entrance = Entrance(db, people, factors, attempts, begin, derived)
    federation = federate(
        settings,
        db,
        federated,
        people=people,
        records=records,
        keys=keys,
        derived=derived,
        begin=begin,
    )
    subjects = Subjects(derived)
    personal = PersonalClaims(db, people, runtime.access)
    consents = Consents(db, records)
    hints = LoginHints(lambda: runtime.keyring)
    redeem = Redeem(
        db,
        personal,
        issuer,
        records,
        derived,
        base=base,
        grace=timedelta(seconds=settings.refresh_grace_seconds),
        refresh_life=settings.refresh_life,
    )
    return Provider(
        settings=settings,
        db=db,
        people=people,
        keys=keys,
        issuer=issuer,
        own_tokens=own_tokens,
        derived=derived,
        records=records,
        messages=messages,
        access=runtime.access,
        passwords=passwords,
        attempts=attempts,
        tickets=tickets,
        begin=begin,
        federation=federation,
        entrance=entrance,
        log_in=LogIn(db, people, passwords, attempts, entrance, siege),
        codes=OneTimeCodes(db, derived, attempts, messages),
        passkeys=Passkeys(
            db,
            people,
            tickets,
            attempts,
            begin,
            issuer=settings.issuer,
            site=settings.site_name,
        ),
        second_factors=factors,
        change_password=ChangePassword(db, people, passwords, rules, records, attempts),
        siege=siege,
        window_logins=WindowLogins(db, people, derived, records, attempts, begin),
        scans=Scans(db, people, derived, begin),
        log_out=LogOut(db, records),
        nonces=Nonces(derived, demanded=settings.dpop_nonce),
        used_once=used_once,
        clients=known,
        live=LiveTokens(db),
        authorize=Authorize(
            db, base, Steps(subjects), subjects, consents, hints, settings.only_login
        ),
        pushing=Pushing(db, PushedRequests(lambda: runtime.keyring)),
        consents=consents,
        subjects=subjects,
        levels=Levels(),
        personal_claims=personal,
        redeem=redeem,
        devices=Devices(db, derived, settings.issuer),
        device_tokens=DeviceTokens(db, issuer, redeem),
        exchange=Exchange(db, issuer, own_tokens, base),
        registration=Registration(db, records, known),
        register_person=RegisterPerson(
            db, people, passwords, rules, records, attempts, settings.only_login
        ),
        delegations=delegations,
        sessions=Sessions(records),
        offices=offices,
        roles=RoleBook(records),
        deputations=deputies,
        secondments=residents,
        expiry=Expiry(db, offices, deputies, residents),
        closing=Closing(db, records, delegations, thinking=timedelta(days=settings.closing_days)),
        agents=Agents(db, people, attempts),
        family=Family(
            db,
            people,
            delegations,
            records,
            attempts,
            derived,
            register,
            messages,
            zone=settings.timezone,
        ),
        proofing=Proofing(
            db,
            people,
            records,
            attempts,
            derived,
            register,
            messages,
            zone=settings.timezone,
        ),
        organisations=Organisations(records, delegations),
    )
