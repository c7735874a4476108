"""The case number: 12 region, 8 date, 3 channel, 6 serial and 1 check character, 30 in all."""

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum

LAST_SERIAL = 999_999
_REGION = re.compile(r"[0-9]{12}")
_FORM = re.compile(
    r"(?P<body>[0-9]{12}(?P<day>[0-9]{8})(?P<channel>[0-9]{3})[0-9]{6})(?P<check>[0-9A-Z])"
)

Check = Callable[[str], str]  # the check character of ISO 7064 MOD 37,36


class NumberError(ValueError):
    """Not a case number, or none can be made."""


class Channel(StrEnum):
    """How an application came in."""

    WEB = "001"
    WINDOW = "002"
    MOBILE = "003"
    KIOSK = "004"
    PHONE = "005"
    COURIER = "006"
    SYSTEM = "007"


def case_number(region: str, day: date, channel: Channel, serial: int, check: Check) -> str:
    """The number of one case; the day is that of the place, not UTC's."""
    if not _REGION.fullmatch(region):
        raise NumberError(f"a region has 12 digits, not {region!r}")
    if not 1 <= serial <= LAST_SERIAL:
        raise NumberError(f"the serials of {region} on {day} by channel {channel} are used up")
    body = f"{region}{day:%Y%m%d}{channel}{serial:06}"
    return body + check(body)


def check_number(text: str, check: Check) -> str:
    """The number itself when it is well formed; NumberError says what is wrong."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise NumberError("a case number has 29 digits and a check character")
    if check(form["body"]) != form["check"]:
        raise NumberError("the check character does not match: a character is mistyped")
    return text
