"""Who is reached by a phone number or a mailbox that somebody typed."""

from collections.abc import Collection

from services.identity.commands.one_time_codes import Receiver
from services.identity.domain import contacts
from services.identity.store.people import People
from shared.db import Database
from shared.i18n import Language


async def receiver_of(
    db: Database, people: People, typed: str, reaches: Collection[str], language: Language
) -> Receiver:
    """The receiver, with nobody's name where nobody, or nobody alone, proved it to be his."""
    kind, to = contacts.reached_at(typed, mailboxes="email" in reaches)
    field = "phone" if kind == "sms" else "email"
    async with db.read() as connection:
        person = await people.only_by_index(connection, field, to)
    known = person.id if person is not None and person.status == "active" else None
    return Receiver(kind=kind, to=to, person=known, language=language)
