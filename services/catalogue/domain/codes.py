"""Codes of regions (GB/T 2260), bodies (GB 32100) and items (GB/T 39554.1)."""

REGION_LENGTH = 12
BASE_CODE_LENGTH = 12
IMPLEMENTING_CODE_LENGTH = 31
LONGEST_LOCAL_CODE = 64

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def full_region(code: str) -> str:
    """A region code of 6, 9 or 12 digits as the 12 digits that are used everywhere.

    Raises ValueError for anything else.
    """
    if not (code.isascii() and code.isdigit() and len(code) in (6, 9, REGION_LENGTH)):
        raise ValueError(f"{code!r} is no region code: write 6, 9 or 12 digits")
    return code.ljust(REGION_LENGTH, "0")


def is_region_code(code: str) -> bool:
    """Whether `code` is a full region code."""
    return len(code) == REGION_LENGTH and code.isascii() and code.isdigit()


def is_department_code(code: str) -> bool:
    """Whether `code` is a unified social credit code with a right check character (GB 32100)."""
    if len(code) != len(_USCC_WEIGHTS) + 1 or any(c not in _USCC_ALPHABET for c in code):
        return False
    total = sum(
        weight * _USCC_ALPHABET.index(character)
        for weight, character in zip(_USCC_WEIGHTS, code, strict=False)
    )
    return _USCC_ALPHABET[-total % 31] == code[-1]
