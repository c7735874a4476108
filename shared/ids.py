"""Identifiers: UUIDv7 with a prefix, and the check character of ISO 7064 MOD 37,36."""

import re
from datetime import UTC, datetime

import uuid_utils

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SIZE = len(_ALPHABET)
_PREFIX = re.compile(r"[a-z]{2,8}")


def uuid7() -> str:
    """A UUIDv7 in its usual form; those of one process ascend."""
    return str(uuid_utils.uuid7())


def uuid7_from(moment: datetime) -> str:
    """A text that sorts before every UUIDv7 of this moment and after those of earlier ones."""
    milliseconds = f"{max(0, int(moment.timestamp() * 1000)):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}"


def new_id(prefix: str) -> str:
    """An opaque id such as psn_01a2…: it says what kind of thing it names, nothing else."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"an id's prefix is 2 to 8 small letters, not {prefix!r}")
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def moment_of(identifier: str) -> datetime:
    """When an id of `new_id` was made, to the millisecond."""
    return datetime.fromtimestamp(int(identifier.rpartition("_")[2][:12], 16) / 1000, UTC)


def check_character(text: str) -> str:
    """The check character of ISO 7064 MOD 37,36 for digits and capital letters.

    It finds every single wrong character and all adjacent transpositions but 1 in 630.
    """
    if not text:
        raise ValueError("a check character needs at least one character before it")
    product = _SIZE
    for character in text:
        value = _ALPHABET.find(character)
        if value < 0:
            raise ValueError(f"{character!r} is neither a digit nor a capital letter A to Z")
        product = (product + value) % _SIZE or _SIZE
        product = product * 2 % (_SIZE + 1)
    return _ALPHABET[(_SIZE + 1 - product) % _SIZE]


def verify(text: str) -> bool:
    """Whether the last character is the right check character of those before it."""
    try:
        return check_character(text[:-1]) == text[-1:]
    except ValueError:
        return False
