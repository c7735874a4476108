"""Numbers with check characters: identity numbers (GB 11643), credit codes (GB 32100)."""

import re
from datetime import date

from services.identity.domain.errors import Invalid

_IDENTITY = re.compile(r"[0-9]{17}[0-9X]")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(rf"[{_CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{_CREDIT_ALPHABET}]{{10}}")
_BIRTH = slice(6, 14)


def identity_number(text: str, today: date) -> str:
    """The number in its normal form; region prefixes are not judged, for they change with time."""
    number = "".join(text.split()).upper()
    if not _IDENTITY.fullmatch(number):
        raise _identity("应为 17 位数字加 1 位数字或 X", "has 17 digits and then a digit or X")
    if identity_check_character(number[:17]) != number[17]:
        raise _identity("校验位不符，请核对每一位", "does not fit its check character: compare it")
    if birth_date(number) > today:
        raise _identity("出生日期晚于今天", "names a date of birth in the future")
    return number


def birth_date(number: str) -> date:
    """The date of birth that an identity number holds."""
    digits = number[_BIRTH]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise _identity(
            "其中的出生日期不存在", "names a date of birth that does not exist"
        ) from None


def identity_check_character(first17: str) -> str:
    """ISO 7064 MOD 11-2."""
    remainder = 0
    for digit in first17:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def credit_code(text: str) -> str:
    """A unified social credit code in its normal form."""
    code = "".join(text.split()).upper()
    if not _CREDIT.fullmatch(code):
        raise _credit(
            "应为 18 位数字或大写字母（不用 I、O、S、V、Z），第 3–8 位为数字",
            "has 18 digits or capital letters (never I, O, S, V, Z), digits at places 3 to 8",
        )
    if credit_check_character(code[:17]) != code[17]:
        raise _credit("校验位不符，请核对每一位", "does not fit its check character: compare it")
    return code


def credit_check_character(first17: str) -> str:
    """GB/T 17710 MOD 31: powers of three as weights."""
    total = sum(
        _CREDIT_ALPHABET.index(character) * pow(3, place, 31)
        for place, character in enumerate(first17)
    )
    return _CREDIT_ALPHABET[-total % 31]


def _identity(zh: str, en: str) -> Invalid:
    return Invalid("id_number", f"身份证号码{zh}。", f"The identity number {en}.")


def _credit(zh: str, en: str) -> Invalid:
    return Invalid("code", f"统一社会信用代码{zh}。", f"The unified social credit code {en}.")
