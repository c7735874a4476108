"""Acts on pages of the account: a broken rule becomes a sentence on the page that was sent."""

from collections.abc import Awaitable
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from starlette.requests import Request

from services.identity.commands.attempts import Wait
from services.identity.domain.errors import Invalid, RuleBroken
from services.identity.pages.render import provider_of, translator


async def tried(request: Request, act: Awaitable[object]) -> str | None:
    """Do it; None when it was done, else why not, in the reader's language."""
    _ = translator(request)
    try:
        await act
    except RuleBroken as broken:
        return broken.en if _.language == "en" else broken.zh
    except Wait as wait:
        return _("尝试次数太多，请在 {seconds} 秒后再试。", seconds=wait.seconds)
    return None


def items_in(text: str) -> list[str] | None:
    """Codes as somebody typed them, apart by spaces, commas or lines; none means every item."""
    codes = text.replace("，", " ").replace(",", " ").replace("、", " ").split()
    if any(len(code) > _LONGEST_CODE for code in codes):
        raise Invalid(
            "items", "事项编码最长 64 个字符。", "An item's code has 64 characters at most."
        )
    return codes or None


def end_of(request: Request, text: str) -> datetime:
    """The last second of a day that was typed, in the platform's time zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid("valid_until", "请填写日期。", "Give a date.") from None
    return datetime.combine(day, _DAY_ENDS, ZoneInfo(provider_of(request).settings.timezone))


_LONGEST_CODE = 64
_DAY_ENDS = time(23, 59, 59)
