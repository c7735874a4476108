"""Bringing a table of staff in: all of it or nothing, and a report either way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.provider import Provider
from services.identity.commands.staff_table import Row
from services.identity.domain import contacts
from services.identity.domain.errors import Invalid, RuleBroken
from services.identity.domain.roles import Roles, known_roles
from services.identity.domain.staff import Duties, check_end, known_positions
from services.identity.domain.systems import Place, place
from services.identity.events import PersonRegistered
from services.identity.store import people
from services.identity.store.roles import all_roles
from shared.clock import now
from shared.ids import new_id

_SEPARATORS = re.compile(r"[,，、;；|/]")
_DAY_ENDS = time(23, 59, 59)


@dataclass(slots=True)
class Report:
    """What the table would do, or did."""

    accounts: int = 0
    offices: int = 0
    unchanged: int = 0
    departments: set[str] = field(default_factory=set)
    flaws: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """As it is printed."""
        counted = (
            f"部门 (departments) {len(self.departments)}，新账号 (new accounts) {self.accounts}，"
            f"任命 (appointed) {self.offices}，不变 (unchanged) {self.unchanged}"
        )
        return "\n".join([counted, *self.flaws])


class _NotNow(Exception):
    """Nothing of it shall stay."""


async def new_accounts(provider: Provider, rows: Sequence[Row]) -> list[str]:
    """The login names of the table that nobody has yet."""
    found: dict[str, None] = {}
    async with provider.db.read() as connection:
        for row in rows:
            try:
                name = contacts.login_name(row["login_name"])
            except RuleBroken:
                continue  # the import says what is wrong with it
            if await provider.people.by_login_name(connection, name) is None:
                found[name] = None
    return list(found)


async def import_staff(
    provider: Provider,
    rows: Sequence[Row],
    *,
    by: str,
    dry_run: bool = False,
    hashes: Mapping[str, str] | None = None,
) -> Report:
    """One transaction; undone when a line has a flaw, or to see only what would happen.

    `hashes`: hashes of first passwords by login name, for accounts that are new.
    """
    report = Report()
    try:
        async with provider.db.write() as tx:
            importing = _Importing(provider, tx, await all_roles(tx), report, by, hashes or {})
            for row in rows:
                try:
                    await importing.row(row)
                except RuleBroken as broken:
                    report.flaws.append(f"第 {row.line} 行 (line): {broken.zh} {broken.en}")
            if dry_run or report.flaws:
                raise _NotNow
    except _NotNow:
        pass
    return report


@dataclass(frozen=True, slots=True)
class _Importing:
    provider: Provider
    tx: AsyncConnection
    roles: Roles
    report: Report
    by: str
    hashes: Mapping[str, str]

    async def row(self, row: Row) -> None:
        at, ends_at = place(row["department"], row["region"]), self._end(row["ends_on"])
        roles = known_roles(self._codes(row["roles"]), self.roles)
        duties = Duties(known_positions(_several(row["positions"])), roles)
        person = await self._person(row)
        await self._appoint(person, at, duties, ends_at)

    async def _appoint(
        self, person: str, at: Place, duties: Duties, ends_at: datetime | None
    ) -> None:
        _, new = await self.provider.offices.give(
            self.tx, person, at, duties, by=self.by, also=True, ends_at=ends_at
        )
        self.report.departments.add(at.department)
        if new:
            self.report.offices += 1
        else:
            self.report.unchanged += 1

    async def _person(self, row: Row) -> str:
        name = contacts.login_name(row["login_name"])
        known = await self.provider.people.by_login_name(self.tx, name)
        if known is not None:
            return known.id
        called, phone = contacts.person_name(row["name"]), contacts.phone(row["phone"])
        if await self.provider.people.by_index(self.tx, "phone", phone) is not None:
            raise Invalid("phone", "手机号已属于另一个账号。", "Another account has this phone.")
        person = new_id("psn")
        await self.provider.people.add(
            self.tx, person, login_name=name, level=1, at=now(), name=called, phone=phone
        )
        if name in self.hashes:
            await people.set_password(self.tx, person, self.hashes[name], now())
        registered = PersonRegistered(person=person, level=1)
        await self.provider.records.tell(self.tx, people.people, person, registered)
        self.report.accounts += 1
        return person

    def _codes(self, text: str) -> list[str]:
        """Roles by their codes or their names."""
        named = {role.zh: code for code, role in self.roles.items()}
        return [named.get(one, one) for one in _several(text)]

    def _end(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise Invalid(
                "ends_on", "截止日期应写作 2026-12-31。", "Write the last day as 2026-12-31."
            ) from None
        zone = ZoneInfo(self.provider.settings.timezone)
        return check_end(datetime.combine(day, _DAY_ENDS, zone), now())


def _several(text: str) -> list[str]:
    return [one.strip() for one in _SEPARATORS.split(text) if one.strip()]
