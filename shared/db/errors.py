"""What can go wrong with a database, told apart for the caller.

DatabaseError
├── DatabaseUnavailable   it is away, full or broken: nothing is promised, try again later
├── WriterBusy            others hold the writer or the row: try again in a moment
└── UnusableText          a text holds what no database stores: NUL or half a surrogate pair
"""

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_BUSY_STATES = {"55P03", "40001", "40P01", "57014"}
# Classes of SQLSTATE: no connection, no credentials, no such database, out of resources, trouble of
# the system; then single ones: told to go while idle, shut down, starting up, a standby.
_AWAY_CLASSES = ("08", "28", "3D", "53", "58", "XX")
_AWAY_STATES = {"25P03", "25P04", "25006", "40003", "57P01", "57P02", "57P03", "57P04", "57P05"}
_TEXT_STATES = {"22021", "22P05"}


class DatabaseError(Exception):
    """The database did not do what was asked; whether it was stored is unknown."""


class DatabaseUnavailable(DatabaseError):
    """The database is away, full or damaged."""


class WriterBusy(DatabaseError):
    """Another transaction held the writer or the row for too long."""


class UnusableText(DatabaseError):
    """A text from outside holds a character that cannot be stored or compared."""


class UnknownRevision(DatabaseError):
    """The schema was made by a newer version of the code."""


def translate(error: Exception) -> DatabaseError | None:
    """The error in our words, or None when it is the caller's own mistake (a bug, a constraint)."""
    if isinstance(error, PoolTimeout):
        return WriterBusy("all connections were busy for too long")
    if isinstance(error, ConnectionError | OSError):
        return DatabaseUnavailable(str(error))
    if isinstance(error, UnicodeEncodeError):
        return UnusableText(error.reason)
    return _of_driver(error) if isinstance(error, DBAPIError) else None


def _of_driver(error: DBAPIError) -> DatabaseError | None:
    reason, state = str(error.orig), getattr(error.orig, "sqlstate", None)
    if state in _TEXT_STATES or "surrogates not allowed" in reason:
        return UnusableText(reason)
    if state in _BUSY_STATES or "database is locked" in reason:
        return WriterBusy(reason)
    if error.connection_invalidated or isinstance(error, OperationalError) or _away(state):
        return DatabaseUnavailable(reason)
    return None


def _away(state: str | None) -> bool:
    return state is not None and (state in _AWAY_STATES or state[:2] in _AWAY_CLASSES)
