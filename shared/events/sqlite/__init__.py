"""The embedded event bus: one SQLite file, for a host without a broker."""

from shared.events.sqlite.bus import SQLiteBus

__all__ = ["SQLiteBus"]
