"""Proof of work (as Hashcash has it): cheap for one person, dear for who tries millions.

Asked for only while the whole installation is under attack; never a riddle.
"""

import hashlib
from datetime import timedelta

# About a second of a phone. Without a script the same is paid by waiting.
BITS = 16
WAIT = timedelta(seconds=15)
LIFE = timedelta(minutes=10)
_LONGEST_NONCE = 32


def is_done(task: str, nonce: str, bits: int = BITS) -> bool:
    """Whether SHA-256 of `task:nonce` begins with so many zero bits."""
    if not nonce or len(nonce) > _LONGEST_NONCE:
        return False
    digest = hashlib.sha256(f"{task}:{nonce}".encode()).digest()
    return int.from_bytes(digest) >> (len(digest) * 8 - bits) == 0
