"""Verify exported evidence without the system that made it.

    python verify.py EXPORT.jsonl --checkpoints FILE --key KEY [--key KEY ...]
    python verify.py RECEIPT.json --receipt --key KEY

One file, the standard library and `cryptography`. KEY is a verifier key (name+hash+base64, as in
signed notes) or a file that holds one. Give the checkpoints that a witness kept beside those of the
log itself: a log that was rewritten and signed again is found by the older ones.

Exit code 0: all holds. 1: the evidence does not hold, and the first bad row is named. 2: an input
cannot be read. 3: what is covered holds, but rows follow that no checkpoint covers.

The hashes are those of RFC 9162, the checkpoints those of C2SP tlog-checkpoint.
"""

import argparse
import hashlib
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
_SIGNATURE_LINE = "\u2014 "
_ED25519 = b"\x01"
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_HOLDS, _BAD, _UNUSABLE, _UNCOVERED = range(4)


class VerificationError(Exception):
    """The evidence does not hold."""


class UnusableInput(Exception):
    """A file or a key cannot be read."""


def leaf_hash(row: bytes) -> bytes:
    """The hash of a row as a leaf of the tree."""
    return hashlib.sha256(b"\x00" + row).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def commitment(salt: bytes, name: str, value: str) -> str:
    """What stands in a row for a personal value; without its salt nobody can open it."""
    return hashlib.sha256(b"\x02" + salt + f"{name}\0{value}".encode()).hexdigest()


def verify_inclusion(
    leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf stands at this position of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= position < size:
        return False
    first, last, found = position, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(step, found)
            first, last = _skip_lone(first, last)
        else:
            found = node_hash(found, step)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the new tree only appends to the old one (RFC 9162, 2.1.4.2)."""
    if old in {0, new}:
        return not proof and old_root == (new_root if old == new else EMPTY_ROOT)
    if not 0 < old < new or not proof:
        return False
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    was = now = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            was, now = node_hash(step, was), node_hash(step, now)
            first, last = _skip_lone(first, last)
        else:
            now = node_hash(now, step)
        first, last = first >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root


def _skip_lone(first: int, last: int) -> tuple[int, int]:
    """Climb while the node has no sibling on its right."""
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


class Frontier:
    """The root of a growing tree, from the roots of its complete subtrees alone."""

    def __init__(self) -> None:
        self.size = 0
        self._complete: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Append a leaf."""
        done, size = leaf, self.size
        while size & 1:
            done, size = node_hash(self._complete.pop(), done), size >> 1
        self._complete.append(done)
        self.size += 1

    def root(self) -> bytes:
        """The root of what was appended so far."""
        return fold(self._complete)


def fold(subtrees: Sequence[bytes]) -> bytes:
    """The root above complete subtrees of falling size."""
    if not subtrees:
        return EMPTY_ROOT
    found = subtrees[-1]
    for left in reversed(subtrees[:-1]):
        found = node_hash(left, found)
    return found


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public half of a log's key: name, key id and Ed25519 public key."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read name+hash+base64."""
        name, _, rest = text.strip().partition("+")
        identity, _, encoded = rest.partition("+")
        try:
            material = b64decode(encoded, validate=True)
        except ValueError:
            material = b""
        key = cls(name, material[1:])
        if material[:1] != _ED25519 or len(key.public) != HASH_BYTES or key.id.hex() != identity:
            raise UnusableInput(
                f"{text.strip()[:80]!r} is neither a verifier key (name+hash+base64) nor a file"
            )
        return key

    @property
    def id(self) -> bytes:
        """The four bytes before each of its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64encode(_ED25519 + self.public).decode()}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many rows a log had, and the root above them, with the signed note that says so."""

    origin: str
    size: int
    root: bytes
    note: str

    @classmethod
    def parse(cls, note: str) -> "Checkpoint":
        """Read a note; nothing is verified."""
        lines = note.split("\n\n", 1)[0].split("\n")
        try:
            origin, size, root = lines[0], int(lines[1]), b64decode(lines[2], validate=True)
        except (IndexError, ValueError):
            raise VerificationError(f"not a checkpoint: {note[:80]!r}") from None
        if not origin or str(size) != lines[1] or size < 0 or len(root) != HASH_BYTES:
            raise VerificationError(f"not a checkpoint: {note[:80]!r}")
        return cls(origin, size, root, note)


def open_checkpoint(note: str, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Read a note that one of the keys has signed."""
    checkpoint = Checkpoint.parse(note)
    body, _, signatures = note.partition("\n\n")
    known = {(key.name, key.id): key for key in keys}
    for line in signatures.split("\n"):
        name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
        try:
            signature = b64decode(encoded, validate=True)
        except ValueError:
            continue
        if (key := known.get((name, signature[:4]))) is None or name != checkpoint.origin:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(
                signature[4:], f"{body}\n".encode()
            )
        except InvalidSignature:
            break
        return checkpoint
    raise VerificationError(
        f"the checkpoint of {checkpoint.origin} at {checkpoint.size} rows carries no good "
        "signature of a given key"
    )


def split_notes(text: str) -> list[str]:
    """The notes of a file in which one follows another."""
    notes: list[str] = []
    current: list[str] = []
    for line in text.split("\n"):
        if current and current[-1].startswith(_SIGNATURE_LINE) and line[:2] != _SIGNATURE_LINE:
            notes.append("\n".join(current) + "\n")
            current = []
        if line or current:
            current.append(line)
    return [*notes, "\n".join(current) + "\n"] if current else notes


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found to hold: so many rows, so many of them under a checkpoint."""

    rows: int
    covered: int


def verify_export(lines: Iterable[bytes], checkpoints: Iterable[Checkpoint]) -> Verified:
    """Compare every row with its hash and its place, and the tree with every checkpoint."""
    roots = _roots(checkpoints)
    tree, proven = Frontier(), 0
    for line in lines:
        tree.add(_leaf(line, tree.size))
        if (root := roots.get(tree.size)) is None:
            continue
        if tree.root() != root:
            raise VerificationError(_changed(proven, tree.size - 1))
        proven = tree.size
    if tree.size < (signed := max(roots)):
        raise VerificationError(
            f"row {tree.size} is missing: the export ends, but a checkpoint covers {signed} rows"
        )
    return Verified(tree.size, proven)


def _roots(checkpoints: Iterable[Checkpoint]) -> dict[int, bytes]:
    roots, origins = {0: EMPTY_ROOT}, set()
    for checkpoint in checkpoints:
        origins.add(checkpoint.origin)
        if len(origins) > 1:
            raise UnusableInput(f"these are checkpoints of several logs: {sorted(origins)}")
        if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
            raise VerificationError(
                f"two signed checkpoints differ at {checkpoint.size} rows: the log was rewritten"
            )
    return roots


def _leaf(line: bytes, position: int) -> bytes:
    try:
        entry: dict[str, Any] = json.loads(line)
        found, leaf, row = entry["position"], bytes.fromhex(entry["leaf"]), entry["row"].encode()
    except _UNREADABLE:
        raise VerificationError(f"row {position} cannot be read: {line[:80]!r}") from None
    if found != position:
        raise VerificationError(
            f"row {position} is not in its place: the line there says it is row {found}"
        )
    if leaf_hash(row) != leaf:
        raise VerificationError(f"row {position} was changed: it does not give its leaf hash")
    return leaf


def _changed(first: int, last: int) -> str:
    rows = f"row {first}" if first == last else f"a row between {first} and {last}"
    return f"{rows} was changed: a signed checkpoint at {last + 1} rows has another root"


def verify_receipt(text: str | bytes, keys: Iterable[VerifierKey]) -> Checkpoint:
    """Whether a signed checkpoint covers the receipt's row."""
    try:
        receipt: dict[str, Any] = json.loads(text)
        row, position, note = receipt["row"].encode(), receipt["position"], receipt["checkpoint"]
        proof = [b64decode(step, validate=True) for step in receipt["proof"]]
        checkpoint = open_checkpoint(note, keys)
        holds = verify_inclusion(leaf_hash(row), position, checkpoint.size, proof, checkpoint.root)
    except _UNREADABLE as error:
        raise UnusableInput(f"this is no receipt: {error!r}") from None
    if not holds:
        raise VerificationError(f"row {position} is not under its checkpoint: it was changed")
    return checkpoint


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns its exit code."""
    options = _options(arguments)
    try:
        keys = [_key(text) for text in options.key]
        if options.receipt:
            checkpoint = verify_receipt(options.file.read_bytes(), keys)
            return _say(_HOLDS, f"the row is under {checkpoint.origin} at {checkpoint.size} rows")
        notes = split_notes(_text(options.checkpoints))
        if not notes:
            raise UnusableInput(f"{options.checkpoints} holds no checkpoint")
        checkpoints = [open_checkpoint(note, keys) for note in notes]
        with options.file.open("rb") as lines:
            found = verify_export(lines, checkpoints)
    except VerificationError as error:
        return _say(_BAD, str(error))
    except (UnusableInput, OSError) as error:
        return _say(_UNUSABLE, str(error))
    told = f"{found.covered} rows hold under {len(checkpoints)} checkpoints"
    if found.rows > found.covered:
        return _say(_UNCOVERED, f"{told}; no checkpoint covers those from {found.covered} on")
    return _say(_HOLDS, told)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify exported evidence.")
    parser.add_argument("file", type=Path, help="export (JSONL), or a receipt with --receipt")
    parser.add_argument("--checkpoints", type=Path, help="signed checkpoints, one after another")
    parser.add_argument("--key", action="append", required=True, help="verifier key, or its file")
    parser.add_argument("--receipt", action="store_true", help="the file is one receipt")
    options = parser.parse_args(arguments)
    if not options.receipt and options.checkpoints is None:
        parser.error("an export needs --checkpoints FILE")
    return options


def _key(text: str) -> VerifierKey:
    path = Path(text)
    return VerifierKey.parse(_text(path) if path.is_file() else text)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UnusableInput(f"{path} is not text") from None


def _say(code: int, message: str) -> int:
    verdict = ("OK", "BAD", "UNUSABLE", "NOT COVERED")[code]
    (sys.stderr if code in {_BAD, _UNUSABLE} else sys.stdout).write(f"{verdict}: {message}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
