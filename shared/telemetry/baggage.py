"""What goes with a trace from service to service: which case and which item (W3C Baggage).

It stays inside. Outsiders' baggage is not read, and ours is not shown to them.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote

from shared.telemetry.context import Work, current
from shared.telemetry.scrub import mask

CARRIED = {
    "case_number": re.compile(r"[0-9A-Z]{30}(-[0-9]{2})?"),
    "item_code": re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,63}"),
}
_PREFIX = "tongban."
_LONGEST = 2048
_NOTHING: Mapping[str, str] = {}


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


def carried(work: Work | None) -> Mapping[str, str]:
    """What the work in hand knows of its case: by itself, else from who asked for it."""
    if work is None:
        return _NOTHING
    if work.known is None:
        known = {name: str(work.facts.get(name) or work.given.get(name) or "") for name in CARRIED}
        work.known = {name: value for name, value in known.items() if value}
    return work.known


def baggage() -> str | None:
    """The baggage header for a call to another service of ours; None when there is none."""
    known = carried(current.get())
    return ",".join(f"{_PREFIX}{name}={quote(value)}" for name, value in known.items()) or None
