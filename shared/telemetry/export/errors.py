"""Why a batch of spans was not taken.

NotTaken
├── TryLater   nobody is there, or has too much to do: the same batch may pass later
└── Refused    this batch will never be taken
"""


class NotTaken(Exception):
    """The collector did not take a batch, or not all of it."""


class TryLater(NotTaken):
    """It may take the batch later; `seconds` as far as it says when."""

    def __init__(self, why: str, seconds: float | None = None) -> None:
        super().__init__(why)
        self.seconds = seconds


class Refused(NotTaken):
    """It will not take `count` of the batch's spans, all of them when it is None."""

    def __init__(self, why: str, count: int | None = None) -> None:
        super().__init__(why)
        self.count = count
