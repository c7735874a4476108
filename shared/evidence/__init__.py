"""Evidence of every act: written with it, sealed in a Merkle tree, verifiable by anyone."""

from shared.evidence.errors import (
    Damaged,
    EvidenceError,
    Fork,
    KeyMismatch,
    NotYetSealed,
    Refused,
    Stale,
    UnknownRow,
    Unrecordable,
)
from shared.evidence.log import EvidenceLog
from shared.evidence.record import Evidence, Prepared
from shared.evidence.sealer import Sealer
from shared.evidence.signing import CheckpointSigner
from shared.evidence.tables import EvidenceTables, evidence_tables, witness_table
from shared.evidence.verify import Checkpoint, VerifierKey
from shared.evidence.watch import EvidenceWatch
from shared.evidence.witness import Witness

__all__ = [
    "Checkpoint",
    "CheckpointSigner",
    "Damaged",
    "Evidence",
    "EvidenceError",
    "EvidenceLog",
    "EvidenceTables",
    "EvidenceWatch",
    "Fork",
    "KeyMismatch",
    "NotYetSealed",
    "Prepared",
    "Refused",
    "Sealer",
    "Stale",
    "UnknownRow",
    "Unrecordable",
    "VerifierKey",
    "Witness",
    "evidence_tables",
    "witness_table",
]
