"""Which event bus an installation uses: EVENTS_URL says it."""

from collections.abc import Callable

from shared.events.bus import EventBus
from shared.events.sqlite import SQLiteBus


def _kafka(url: str) -> EventBus:
    # Read only where a broker is used: its client is a third of a small process.
    from shared.events.kafka import KafkaBus  # noqa: PLC0415

    return KafkaBus.from_url(url)


_ADAPTERS: dict[str, Callable[[str], EventBus]] = {
    "kafka": _kafka,
    "sqlite": SQLiteBus.from_url,
}


def from_url(url: str) -> EventBus:
    """The bus at `url`; a ValueError names what is wrong with it, or what there is."""
    scheme = url.partition("://")[0]
    adapter = _ADAPTERS.get(scheme)
    if adapter is None:
        known = " or ".join(f"{name}://…" for name in sorted(_ADAPTERS))
        raise ValueError(f"write it as {known}")
    return adapter(url)
