"""A permit: who may ask which fields of a resource, for which items and purposes, and how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from services.exchange.domain.asking import Asked, Consumer

EVERY_ITEM = "*"
THEMSELVES = "*"  # as client: whichever client people use to ask about themselves
CODE_LENGTH, BASE_CODE_LENGTH = 31, 12


class Refusal(IntEnum):
    """Why no permit covers a question; the greater, the nearer one came to covering it."""

    NO_PERMIT = 1
    PERMIT_REVOKED = 2
    PERMIT_NOT_YET_VALID = 3
    PERMIT_EXPIRED = 4
    PURPOSE_NOT_PERMITTED = 5
    ITEM_NOT_PERMITTED = 6
    FIELDS_NOT_PERMITTED = 7

    @property
    def reason(self) -> str:
        """The code that the asker is told."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Permit:
    """A permit as it stands; both its days are included."""

    id: str
    resource: str
    client: str | None
    department: str | None
    items: frozenset[str]
    purposes: frozenset[str]
    fields: frozenset[str]
    valid_from: date
    valid_until: date
    legal_basis: str
    revoked: bool = False

    def is_for(self, consumer: Consumer) -> bool:
        """Whether it was granted to this client, to its department, or to people themselves."""
        if self.client == THEMSELVES:
            return consumer.asks_for_people
        if self.client is not None:
            return self.client == consumer.client
        return self.department is not None and self.department == consumer.department

    def refusal(self, consumer: Consumer, asked: Asked, today: date) -> Refusal | None:
        """Why it does not cover the question, or None when it does."""
        failed = (
            (not self.is_for(consumer), Refusal.NO_PERMIT),
            (self.revoked, Refusal.PERMIT_REVOKED),
            (today < self.valid_from, Refusal.PERMIT_NOT_YET_VALID),
            (today > self.valid_until, Refusal.PERMIT_EXPIRED),
            (asked.purpose not in self.purposes, Refusal.PURPOSE_NOT_PERMITTED),
            (not self._serves(asked.item), Refusal.ITEM_NOT_PERMITTED),
            (not self.fields.issuperset(asked.fields), Refusal.FIELDS_NOT_PERMITTED),
        )
        return next((refusal for fails, refusal in failed if fails), None)

    def _serves(self, item: str | None) -> bool:
        if EVERY_ITEM in self.items:
            return True
        return item is not None and not self.items.isdisjoint(item_codes(item))


def choose(
    permits: Iterable[Permit], consumer: Consumer, asked: Asked, today: date
) -> Permit | Refusal:
    """The oldest permit that covers the whole question: a call never rests on two together."""
    nearest = Refusal.NO_PERMIT
    for permit in sorted(permits, key=lambda one: one.id):
        refusal = permit.refusal(consumer, asked, today)
        if refusal is None:
            return permit
        nearest = max(nearest, refusal)
    return nearest


def item_codes(code: str) -> tuple[str, ...]:
    """An item's code, and the base code (基本编码) at the end of an implementing one."""
    if len(code) == CODE_LENGTH:
        return code, code[-BASE_CODE_LENGTH:]
    return (code,)
