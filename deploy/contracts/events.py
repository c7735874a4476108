"""The contracts of a service's events: a schema and an example each, and one AsyncAPI document."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from deploy.contracts.examples import example
from shared.events import Envelope, Event, published_by, topic_of
from shared.events.envelope import SEQUENCE_DIGITS

Json = dict[str, Any]

MEDIA_TYPE = "application/cloudevents+json"
_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_ID = "019a3c7e-51d9-7a40-8c3e-5f1d2b6a9e04"
_AT = datetime(2026, 5, 6, 1, 30, tzinfo=UTC)
_TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def of(service: str) -> dict[str, type[Event]]:
    """What the service publishes; an event that only tests declare is none of it."""
    found = published_by(service)
    ours = f"services.{service}."
    return {name: event for name, event in found.items() if event.__module__.startswith(ours)}


def schema(service: str, event: type[Event]) -> Json:
    """The JSON Schema (2020-12) of the event in its envelope.

    The data stay open for fields that are added later, so that a reader's check goes on.
    """
    data = _open(event.model_json_schema(mode="serialization"))
    definitions = data.pop("$defs", {})
    data.pop("description", None)
    return {
        "$schema": _SCHEMA,
        "$id": f"urn:tongban:event:{event.TYPE}",
        "title": event.TYPE,
        "description": _meaning(event),
        "type": "object",
        "properties": _attributes(service, event) | {"data": data},
        "required": [
            *("specversion", "id", "source", "type", "subject", "time"),
            *("datacontenttype", "sequence", "data"),
        ],
        **({"$defs": definitions} if definitions else {}),
    }


def envelope(service: str, event: type[Event]) -> Json:
    """An example of the event as it travels, made by the code that sends it."""
    fact = event.TYPE.split(".")[2]
    data = example(event.model_json_schema(mode="serialization"), fact)
    made = Envelope(
        source=f"/services/{service}",
        type=event.TYPE,
        subject=_subject(data),
        sequence=1,
        data=event.model_validate(data).model_dump(mode="json"),
        id=_ID,
        time=_AT,
        traceparent=_TRACE,
    )
    parsed: Json = orjson.loads(made.encode())
    return parsed


def asyncapi(service: str, events: Mapping[str, type[Event]]) -> Json:
    """The AsyncAPI 3.0 document of what the service publishes."""
    topic = topic_of(next(iter(events)))
    refs = {_name(kind): {"$ref": f"#/components/messages/{_name(kind)}"} for kind in events}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Events of {service}",
            "version": "1",
            "description": (
                "CloudEvents 1.0 in structured JSON. In order per subject: `sequence` counts "
                "gaplessly. Opaque ids only, never a name or what people wrote."
            ),
        },
        "defaultContentType": MEDIA_TYPE,
        "channels": {
            service: {
                "address": topic,
                "title": f"What {service} tells",
                "messages": refs,
                "bindings": {"kafka": {"topic": topic, "bindingVersion": "0.5.0"}},
            }
        },
        "operations": {
            "publish": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{service}"},
                "messages": [{"$ref": f"#/channels/{service}/messages/{name}"} for name in refs],
            }
        },
        "components": {
            "messages": {_name(kind): _message(event) for kind, event in events.items()}
        },
    }


def _message(event: type[Event]) -> Json:
    return {
        "name": event.TYPE,
        "title": event.__name__,
        "summary": _meaning(event),
        "contentType": MEDIA_TYPE,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"../events/{event.TYPE}.schema.json"},
        },
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "the event's subject"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _attributes(service: str, event: type[Event]) -> Json:
    text = {"type": "string", "minLength": 1}
    return {
        "specversion": {"const": "1.0"},
        "id": {**text, "maxLength": 64, "description": "UUIDv7; the same id is the same event"},
        "source": {"const": f"/services/{service}"},
        "type": {"const": event.TYPE},
        "subject": {**text, "maxLength": 200, "description": "what it is about: number or code"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "sequence": {
            "type": "string",
            "pattern": f"^[0-9]{{{SEQUENCE_DIGITS}}}$",
            "description": "gapless per subject and topic, from 1",
        },
        "traceparent": {"type": "string", "description": "W3C trace context"},
    }


def _meaning(event: type[Event]) -> str:
    return re.sub(r"\s+", " ", event.__doc__ or "").strip()


def _name(event_type: str) -> str:
    return event_type.split(".", 2)[2]


def _open(schema: Any) -> Any:
    """The schema without `additionalProperties: false`: inside a version fields may be added."""
    if isinstance(schema, list):
        return [_open(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = schema.get("additionalProperties") is False
    return {
        name: _open(value)
        for name, value in schema.items()
        if not (closed and name == "additionalProperties")
    }


def _subject(data: Json) -> str:
    """The case's number, else the code or id that the data begin with."""
    first = next(iter(data.values()))
    return str(first["number"] if isinstance(first, dict) else first)
