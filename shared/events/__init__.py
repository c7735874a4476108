"""Events between services: envelope, outbox, relay, bus, inbox, consumer and dead letters."""

from shared.events.adapters import from_url
from shared.events.backoff import Backoff
from shared.events.bus import Delivery, EventBus, Message, Subscription, Tail
from shared.events.consumer import Consumer, ConsumerState
from shared.events.dead_letters import Behind, DeadLetter, DeadLetters, Decision
from shared.events.envelope import Envelope
from shared.events.errors import (
    BadEnvelope,
    BusUnavailable,
    DeadLetterBehind,
    DeadLetterBroken,
    DeadLetterGone,
    DeadLetterRetried,
    DeadLetterUnusable,
    EventError,
    EventRefused,
    EventTooBig,
    LeadershipLost,
)
from shared.events.event import Event, Received, published_by, service_of, topic_of
from shared.events.fetching import fetch
from shared.events.handlers import Fetching, Handler
from shared.events.inbox import InboxTables, inbox_tables
from shared.events.leadership import Leadership, instance
from shared.events.outbox import Outbox, outbox_table
from shared.events.relay import Relay, RelayState
from shared.events.retries import RetryPolicy
from shared.events.watch import ConsumerWatch, OutboxWatch

__all__ = [
    "Backoff",
    "BadEnvelope",
    "Behind",
    "BusUnavailable",
    "Consumer",
    "ConsumerState",
    "ConsumerWatch",
    "DeadLetter",
    "DeadLetterBehind",
    "DeadLetterBroken",
    "DeadLetterGone",
    "DeadLetterRetried",
    "DeadLetterUnusable",
    "DeadLetters",
    "Decision",
    "Delivery",
    "Envelope",
    "Event",
    "EventBus",
    "EventError",
    "EventRefused",
    "EventTooBig",
    "Fetching",
    "Handler",
    "InboxTables",
    "Leadership",
    "LeadershipLost",
    "Message",
    "Outbox",
    "OutboxWatch",
    "Received",
    "Relay",
    "RelayState",
    "RetryPolicy",
    "Subscription",
    "Tail",
    "fetch",
    "from_url",
    "inbox_tables",
    "instance",
    "outbox_table",
    "published_by",
    "service_of",
    "topic_of",
]
