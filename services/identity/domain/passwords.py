"""Which passwords are taken (NIST SP 800-63B-4, section 3.1.1.2): length, and none that is known.

There are no rules of composition and no expiry: they make passwords worse.
"""

import unicodedata
from collections.abc import Iterator

from services.identity.domain.errors import Invalid

# A password that is the only proof has 15 characters, one that is half of it 8.
SHORTEST = 15
SHORTEST_WITH_SECOND = 8
LONGEST = 256
_SMALLEST_VARIETY = 5
_EVERYBODYS = ("password", "qwerty", "asdfgh", "zxcvbn", "iloveyou", "123456", "woaini", "tongban")


def normal(password: str) -> str:
    """The same characters whatever keyboard typed them (NFKC); nothing is cut off."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *about: str, shortest: int = SHORTEST) -> str:
    """The password in its normal form, each code point counted as one character.

    `about`: what others know of its owner and would try first.
    """
    text = normal(password)
    if len(text) < shortest:
        raise _wrong(
            f"密码至少 {shortest} 个字符，可以是一句容易记住的话",
            f"A password has at least {shortest} characters; a sentence is a good one",
        )
    if len(text) > LONGEST:
        raise _wrong(f"密码最多 {LONGEST} 个字符", f"A password has at most {LONGEST} characters")
    if _guessable(text.casefold(), [one.casefold() for one in about if one], shortest):
        raise too_well_known()
    return text


def too_well_known() -> Invalid:
    """What is said of a password that is among the first to be tried."""
    return _wrong(
        "这个密码太容易被猜到，或曾经泄露过，请换一个",
        "This password is easy to guess or has leaked somewhere: take another",
    )


def looked_up(password: str) -> Iterator[str]:
    """In which forms it is looked for among known passwords: as it is, trimmed, unrepeated."""
    text = normal(password).casefold()
    yield text
    core = text.strip("0123456789!@#$%^&*()-_=+.,?~ ")
    if core and core != text:
        yield core
    for size in range(3, len(text) // 2 + 1):
        if len(text) % size == 0 and text == text[:size] * (len(text) // size):
            yield text[:size]
            return


def _guessable(password: str, about: list[str], shortest: int) -> bool:
    rest = password
    for known in (*about, *_EVERYBODYS):
        rest = rest.replace(known, "")
    # Of a short one little needs to be left: what is left of it is half of the proof.
    return len(set(rest)) < (_SMALLEST_VARIETY if shortest >= SHORTEST else 3)


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid("password", f"{zh}。", f"{en}.")
