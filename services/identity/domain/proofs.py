"""Means by which a person proves who he is, and the real-name level that each gives."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Means = Literal["phone_code", "two_facts", "three_facts", "window"]

LEVELS: dict[Means, int] = {"phone_code": 1, "two_facts": 2, "three_facts": 3, "window": 4}
BASES: dict[Means, str] = {
    "phone_code": "网络安全法第二十四条",
    "two_facts": "国办函〔2016〕108号：姓名和公民身份号码比对",
    "three_facts": "国办函〔2016〕108号：三项信息比对",
    "window": "国办函〔2016〕108号：窗口当面核验",
}

CODE_LIFE = timedelta(minutes=10)
MOST_TRIES = 5
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A proof as it is kept: by which means, when, who looked, on what basis, and the trace of it.

    It holds no personal data: `reference` is the register's number of the check, or the window's.
    """

    id: str
    person: str
    means: Means
    level: int
    at: datetime
    by: str
    basis: str
    reference: str


def new_code() -> str:
    """Six digits, drawn and not derived."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
