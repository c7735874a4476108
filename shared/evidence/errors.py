"""What can go wrong with evidence.

EvidenceError
├── Unrecordable    the facts of an act cannot be written: the act must fail
├── UnknownRow      no evidence has this id
├── NotYetSealed    the row waits for the next checkpoint: ask again in a second
├── KeyMismatch     the signing key belongs to another log, or is no key
├── Damaged         the stored tree is not the one that was signed: nothing more is signed
└── Refused         a witness does not take a checkpoint
    ├── Stale       it holds a newer one: prove from `held`
    └── Fork        two signed checkpoints exclude each other: the log was rewritten
"""

from shared.evidence.verify import Checkpoint


class EvidenceError(Exception):
    """Something about evidence is wrong."""


class Unrecordable(EvidenceError):
    """The facts have no canonical JSON form, or lack what a row needs."""


class UnknownRow(EvidenceError):
    """No evidence has this id."""


class NotYetSealed(EvidenceError):
    """The row has no checkpoint above it yet."""


class KeyMismatch(EvidenceError):
    """The signing key cannot be used for this log."""


class Damaged(EvidenceError):
    """The stored tree does not give the root of its last checkpoint."""


class Refused(EvidenceError):
    """The witness does not take this checkpoint."""


class Stale(Refused):
    """The witness already holds a newer checkpoint of this log."""

    def __init__(self, held: Checkpoint) -> None:
        super().__init__(f"the witness holds {held.origin} at {held.size} rows already")
        self.held = held


class Fork(Refused):
    """The offered checkpoint and the one held cannot both be of one log; keep both notes."""

    def __init__(self, held: Checkpoint, offered: Checkpoint) -> None:
        super().__init__(
            f"{offered.origin} at {offered.size} rows does not continue what the witness holds "
            f"at {held.size} rows: its history was rewritten, or the proof is wrong"
        )
        self.held = held
        self.offered = offered
