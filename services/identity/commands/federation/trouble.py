"""Why somebody who went to an upstream is not logged in here.

Trouble
├── Strayed   the answer belongs to no way that this browser went: nothing of it is believed
└── Failed    the way is known, so it can be gone again; the code says what went wrong
"""

from services.identity.store.upstream_visits import Visit


class Trouble(Exception):
    """The person is told in his words, with the code for whoever looks for the cause."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Strayed(Trouble):
    """No such way, or another browser's, or gone before."""


class Failed(Trouble):
    """What went wrong on this way."""

    def __init__(self, code: str, visit: Visit) -> None:
        super().__init__(code)
        self.visit = visit
