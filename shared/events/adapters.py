"""Which event bus an installation uses: EVENTS_URL says it."""

from collections.abc import Callable

from shared.events.bus import EventBus
from shared.events.sqlite import SQLiteBus

_ADAPTERS: dict[str, Callable[[str], EventBus]] = {
    "sqlite": SQLiteBus.from_url,
}


def from_url(url: str) -> EventBus:
    """The bus at `url`; a ValueError names what this installation has."""
    scheme = url.partition("://")[0]
    adapter = _ADAPTERS.get(scheme)
    if adapter is None:
        known = ", ".join(f"{name}://" for name in sorted(_ADAPTERS))
        raise ValueError(
            f"EVENTS_URL={url!r}: {scheme}:// is not part of this installation, which has {known}"
        )
    return adapter(url)
