"""What exchange takes from the events of all services."""

from collections.abc import Mapping

from services.exchange.commands import Retention, Subscribing
from services.exchange.consumers.cases import remember_case
from services.exchange.consumers.clients import CLIENT_REGISTERED, note_rights
from services.exchange.consumers.feed import PUBLISHERS, feed_event
from services.exchange.consumers.people import PERSON_CLOSED, erase_person
from shared.events import Handler

__all__ = ["handlers"]


def handlers(retention: Retention, subscribing: Subscribing) -> Mapping[str, Mapping[str, Handler]]:
    """The consumers by purpose, each with its handlers by event type."""
    return {
        "feed": {f"tongban.{service}.*": feed_event for service in PUBLISHERS},
        "cases": {"tongban.cases.*": remember_case},
        "people": {PERSON_CLOSED: erase_person(retention)},
        "clients": {CLIENT_REGISTERED: note_rights(subscribing)},
    }
