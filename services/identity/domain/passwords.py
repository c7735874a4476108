"""Which passwords are taken: length, and none that everybody tries (NIST SP 800-63B-4)."""

from services.identity.domain.errors import Invalid

SHORTEST = 15
LONGEST = 256
_SMALLEST_VARIETY = 5
_EVERYBODYS = ("password", "qwerty", "asdfgh", "zxcvbn", "iloveyou", "123456", "woaini", "tongban")


def check_password(password: str, *about: str) -> str:
    """The password itself; `about`: what others know of its owner and would try first.

    There are no rules of composition: they make passwords worse.
    """
    if len(password) < SHORTEST:
        raise _wrong(
            f"密码至少 {SHORTEST} 个字符，可以是一句容易记住的话",
            f"A password has at least {SHORTEST} characters; a sentence is a good one",
        )
    if len(password) > LONGEST:
        raise _wrong(f"密码最多 {LONGEST} 个字符", f"A password has at most {LONGEST} characters")
    if _guessable(password.casefold(), [text.casefold() for text in about if text]):
        raise _wrong(
            "这个密码太容易被猜到，请换一个", "This password is too easy to guess: take another"
        )
    return password


def _guessable(password: str, about: list[str]) -> bool:
    rest = password
    for known in (*about, *_EVERYBODYS):
        rest = rest.replace(known, "")
    return len(set(rest)) < _SMALLEST_VARIETY


def _wrong(zh: str, en: str) -> Invalid:
    return Invalid("password", f"{zh}。", f"{en}.")
