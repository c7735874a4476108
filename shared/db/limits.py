"""How much of a database one process may take, and how long it waits for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The pools' sizes and the times after which something is given up."""

    writers: int = 8
    readers: int = 4
    # A statement, and a transaction in which nothing happens.
    statement_seconds: float = 30.0
    # For a connection, for somebody else's row, for the server to answer a knock.
    wait_seconds: float = 5.0
