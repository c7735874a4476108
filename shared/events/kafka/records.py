"""How an event lies in a Kafka record: its headers, its time, and what comes out again."""

import time

from aiokafka import ConsumerRecord

from shared.events.bus import Delivery, Message

_CONTENT_TYPE = ("content-type", b"application/cloudevents+json")
_VERSION_AT, _VERSION = 14, "7"
_TRACEPARENT = b'"traceparent":"'
_TRACEPARENT_LENGTH = 55


def moment_of(event_id: str) -> int:
    """The milliseconds since 1970 in a UUIDv7; for any other id, now."""
    try:
        if event_id[_VERSION_AT] == _VERSION:
            return int(event_id.replace("-", "")[:12], 16)
    except (IndexError, ValueError):
        pass
    return time.time_ns() // 1_000_000


def headers_of(message: Message) -> list[tuple[str, bytes]]:
    """CloudEvents' structured mode, and the trace for tools that look at records only."""
    headers = [_CONTENT_TYPE]
    head, found, rest = message.body.partition(_TRACEPARENT)
    # Envelopes are written by us, their own attributes before the data.
    if found and b'"data":' not in head:
        headers.append(("traceparent", rest[:_TRACEPARENT_LENGTH]))
    return headers


def delivery_of(topic: str, record: ConsumerRecord) -> Delivery:
    """The delivery that a record is; `topic` without the installation's prefix."""
    return Delivery.read(topic, record.partition, record.offset, record.value or b"")
