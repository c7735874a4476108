"""Resident staff (驻厅人员): of their own department, at work in a hall of the government's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.staff import Staff
from services.identity.domain.systems import Place

LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secondment:
    """An office that is resident in the hall which a department runs in a region."""

    id: str
    office: str
    hall_department: str
    hall_region: str
    begins_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Whether it holds at this moment."""
        return self.ended_at is None and self.begins_at <= now < self.ends_at


def second(
    *, id_: str, office: Staff, hall: Place, begins_at: datetime, ends_at: datetime, now: datetime
) -> Secondment:
    """A secondment as the rules allow it: it changes nobody's department, roles or rights."""
    if office.department == hall.department:
        raise NotAllowed(
            "本部门人员无需派驻。", "Who belongs to the hall's own department is not sent there."
        )
    if ends_at <= max(begins_at, now):
        raise Invalid(
            "ends_at",
            "截止时间应晚于起始时间和现在。",
            "It must end after it begins, and later than now.",
        )
    if ends_at - begins_at > LONGEST:
        raise Invalid("ends_at", "派驻最长三年。", "A secondment lasts three years at most.")
    return Secondment(
        id=id_,
        office=office.id,
        hall_department=hall.department,
        hall_region=hall.region,
        begins_at=begins_at,
        ends_at=min(ends_at, office.ends_at or ends_at),
    )
