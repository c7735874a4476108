"""Beginning a login: the end of every way to prove who one is."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.federation.linking import Linking
from services.identity.commands.records import Records
from services.identity.commands.secrets import digest, new_secret
from services.identity.commands.shown import ShownError
from services.identity.domain.logins import HELPED_LIFETIME, LIFETIME, Login, Visit
from services.identity.domain.oauth import AccessDenied
from services.identity.domain.only_login import OnlyLogin
from services.identity.domain.places import device_name, masked_address
from services.identity.domain.ways import Proof
from services.identity.store import devices, interactions, logins, staff
from services.identity.store.people import Person
from shared.clock import now
from shared.ids import new_id

_DEVICE_LENGTH = 43  # of `new_secret`


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A login that has begun, the secret for its cookie, and the mark of the browser.

    `first_time`: the person never logged in in this browser before.
    """

    login: Login
    secret: str
    device: str
    first_time: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """The browser in which somebody logs in: for which request, and which login it had before.

    `browser` is the secret of its forms, to which every question that we ask it is bound.
    """

    visit: Visit
    browser: str = ""
    interaction: str | None = None
    replaces: Login | None = None


class LogInElsewhere(ShownError):
    """People log in by the upstream only; whatever they proved here does not count."""

    def __init__(self) -> None:
        super().__init__(AccessDenied("people log in by the upstream provider only"))


class BeginLogin:
    """Writes a login into the transaction of whoever made sure of the person."""

    def __init__(self, records: Records, linking: Linking, only: OnlyLogin) -> None:
        self._records = records
        self._only = only
        self._linking = linking

    async def __call__(
        self, tx: AsyncConnection, person: Person, proof: Proof, arrival: Arrival
    ) -> LoggedIn:
        """A new login; the browser's last goes on as this one, or ends if it was another's."""
        moment, before = now(), arrival.replaces
        is_staff = bool(await staff.offices_of(tx, person.id, moment))
        if not self._only.admits(proof, staff=is_staff):
            raise LogInElsewhere
        secret = new_secret()
        login = Login(
            id=_going_on(before, person, proof) or new_id("ses"),
            person=person.id,
            amr=proof.amr,
            assurance=proof.assurance,
            level=proof.level_of(person.level),
            helped_by=proof.helped_by,
            auth_time=proof.at or moment,
            expires_at=moment + (HELPED_LIFETIME if proof.helped_by else LIFETIME),
            device=device_name(arrival.visit.agent),
            address=masked_address(arrival.visit.address),
            last_seen_at=moment,
        )
        login = await self._store(tx, login, digest(secret), before, moment)
        if arrival.interaction is not None:
            await interactions.logged_in_for(tx, arrival.interaction, login.id)
            await self._linking.logged_in(tx, person, digest(arrival.browser), arrival.interaction)
        device = before_known(arrival.visit) or new_secret()
        known = await devices.has_any(tx, person.id)
        first_time = await devices.seen(tx, person.id, digest(device), moment)
        if first_time and known:  # the very first browser is no news
            await self._records.note(tx, person.id, "new_device", moment, device=login.device)
        return LoggedIn(login, secret, device, first_time)

    async def _store(
        self,
        tx: AsyncConnection,
        login: Login,
        secret_hash: str,
        before: Login | None,
        moment: datetime,
    ) -> Login:
        """Renew the browser's login under its new secret, or end it and begin this one."""
        if before is not None:
            if before.id == login.id and await logins.renew_login(tx, login, secret_hash):
                return login
            await self._records.end_login(tx, before.id, before.person, why="replaced", at=moment)
        if before is not None and before.id == login.id:  # it ended meanwhile
            login = replace(login, id=new_id("ses"))
        await logins.add_login(tx, login, secret_hash)
        return login


def _going_on(before: Login | None, person: Person, proof: Proof) -> str | None:
    """The login of somebody who proves once more who he is, alone as before.

    It keeps its id: his clients hold on to it, and are told of no end.
    """
    if before is None or before.person != person.id or before.helped_by or proof.helped_by:
        return None
    return before.id


def before_known(visit: Visit) -> str | None:
    """The mark that the browser got at an earlier login, if it is one of ours by its form."""
    device = visit.device
    return device if device is not None and len(device) == _DEVICE_LENGTH else None
