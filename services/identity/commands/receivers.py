"""Who is reached by what somebody typed: a number or mailbox, or an account and its phone."""

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


async def phone_of(
    db: Database, people: People, account: str, typed: str, language: Language
) -> Receiver:
    """The phone of an account that is named by another fact; nobody's when they do not match."""
    number, (kind, value) = contacts.phone(typed), contacts.handle(account)
    async with db.read() as connection:
        if kind == "login_name":
            person = await people.by_login_name(connection, value)
        else:
            person = await people.by_index(connection, kind, value)
    # A phone is no second fact beside itself.
    matches = (
        person is not None
        and kind != "phone"
        and person.status == "active"
        and person.open("phone") == number
    )
    known = person.id if person is not None and matches else None
    return Receiver(kind="sms", to=number, person=known, language=language)
