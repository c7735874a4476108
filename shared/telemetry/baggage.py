"""What goes with a trace from service to service: which case and which item (W3C Baggage).

It stays inside. Outsiders' baggage is not read, and ours is not shown to them.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from opentelemetry.context import Context
from opentelemetry.sdk.trace import Span, SpanProcessor

from shared.telemetry.context import Work, attributes_of, current
from shared.telemetry.scrub import mask

CARRIED = {
    "case_number": re.compile(r"[0-9A-Z]{30}(-[0-9]{2})?"),
    "item_code": re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,63}"),
}
_PREFIX = "tongban."
_LONGEST = 2048


def parse_baggage(header: str | None) -> dict[str, str]:
    """Our own entries of a baggage header; whatever else it says is none of our business."""
    if header is None or len(header) > _LONGEST:
        return {}
    entries = (entry.partition(";")[0].partition("=") for entry in header.split(","))
    return carriable(
        {key.strip().removeprefix(_PREFIX): unquote(value.strip()) for key, _, value in entries}
    )


def carriable(given: Mapping[str, object]) -> dict[str, str]:
    """What may be carried of these: nothing that is not what its name says, or personal."""
    found: dict[str, str] = {}
    for name, form in CARRIED.items():
        value = given.get(name)
        if isinstance(value, str) and form.fullmatch(value) and mask(value) == value:
            found[name] = value
    return found


def carried(work: Work | None) -> dict[str, str]:
    """What the work in hand knows of its case: by itself, else from who asked for it."""
    if work is None:
        return {}
    facts, given = work.facts, work.given
    known = {name: str(facts.get(name) or given.get(name) or "") for name in CARRIED}
    return {name: value for name, value in known.items() if value}


def baggage() -> str | None:
    """The baggage header for a call to another service of ours; None when there is none."""
    work = current.get()
    if work is None or not (work.given or work.facts):
        return None
    known = carried(work)
    return ",".join(f"{_PREFIX}{name}={quote(value)}" for name, value in known.items()) or None


class CarriedOnSpans(SpanProcessor):
    """Puts case and item on each span as it begins; it is asked only where one is recorded."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002
        """Called by the tracer."""
        work = current.get()
        if work is not None and (work.given or work.facts):
            span.set_attributes(attributes_of({**carried(work)}))
