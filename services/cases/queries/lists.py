"""The lists of cases: the applicant's own, and a department's work."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.cases.domain import OPEN, Moment, Status
from services.cases.policy import HANDLE, OWN, policy
from services.cases.queries.detail import brief
from services.cases.queries.views import CaseBrief, Task
from services.cases.store import lists as store
from shared.auth import Subject
from shared.db import Database
from shared.web import Page, decode_cursor, encode_cursor
from shared.web.problems import BadRequest, Text


@dataclass(frozen=True, slots=True)
class CaseLists:
    """One query each."""

    db: Database

    async def mine(
        self,
        subject: Subject,
        statuses: Collection[Status],
        *,
        only_open: bool,
        cursor: str | None,
        limit: int,
    ) -> Page[CaseBrief]:
        """The cases of whom the subject acts for, the newest first."""
        allowed = policy.scope(subject, "list_own", OWN)
        wanted = set(statuses or Status) & (OPEN if only_open else set(Status))
        if not wanted:
            return Page(items=[])
        before = _case_id(decode_cursor(cursor, str)[0]) if cursor else None
        filtered = wanted if statuses or only_open else ()
        query = store.mine(allowed, filtered, before, limit + 1)
        async with self.db.read() as connection:
            rows = await store.fetch(connection, query)
        page = [CaseBrief(**brief(r.case, r.item_name, r.department_name)) for r in rows[:limit]]
        more = encode_cursor([rows[limit - 1].case.id]) if len(rows) > limit else None
        return Page(items=page, next=more)

    async def tasks(
        self,
        subject: Subject,
        moment: Moment,
        *,
        department: str | None,
        statuses: Collection[Status],
        due_before: date | None,
        cursor: str | None,
        limit: int,
    ) -> Page[Task]:
        """What the subject's department owes, by the day it is due."""
        policy.check(subject, "list_work", department, HANDLE)
        allowed = policy.scope(subject, "list_work", HANDLE)
        query = store.work(allowed, statuses, due_before, _place(cursor), limit + 1)
        async with self.db.read() as connection:
            rows = await store.fetch(connection, query)
        page = [
            Task(
                **brief(r.case, r.item_name, r.department_name),
                left=_left(r.case.due_on, moment),
            )
            for r in rows[:limit]
        ]
        last = rows[limit - 1].case if len(rows) > limit else None
        more = encode_cursor([str(last.due_on), last.id]) if last else None
        return Page(items=page, next=more)


def _left(due: date | None, moment: Moment) -> int:
    if due is None:
        return 0
    if due >= moment.day:
        return moment.calendar.between(moment.day, due)
    return -moment.calendar.between(due, moment.day)


def _place(cursor: str | None) -> tuple[date, str] | None:
    if cursor is None:
        return None
    day, case_id = decode_cursor(cursor, str, str)
    try:
        return date.fromisoformat(day), _case_id(case_id)
    except ValueError:
        raise _unusable() from None


def _case_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise _unusable() from None


def _unusable() -> BadRequest:
    return BadRequest(Text("cursor 无效：请原样使用上一页的 next。", "The cursor is not valid."))
