"""What is said when a login does not succeed: never whether an account is there."""

from dataclasses import dataclass

from services.identity.commands.attempts import Wait
from services.identity.commands.entrance import Expired, WrongCredentials
from services.identity.commands.passwords import TooBusy
from services.identity.commands.siege import WorkNeeded
from services.identity.domain.errors import RuleBroken
from services.identity.domain.work import WAIT
from shared.i18n import Translator

TROUBLES = (Wait, TooBusy, WorkNeeded, WrongCredentials, Expired, RuleBroken)
_BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Trouble:
    """A text for the person, with the status of the page that says it."""

    text: str
    status: int = 400
    retry_after: int | None = None


def trouble(error: Exception, _: Translator, wrong: str) -> Trouble:
    """The words for an error; `wrong` is what the page says of a proof that proves nothing."""
    match error:
        case Wait(seconds=seconds):
            text = _("尝试次数太多，请在 {seconds} 秒后再试。", seconds=seconds)
            return Trouble(text, 429, seconds)
        case TooBusy():
            return Trouble(_("现在登录的人很多，请稍后再试。"), 503, _BUSY_SECONDS)
        case WorkNeeded():
            text = _("现在有人在大量试密码。请等下面的提示时间过后，再点“登录”。")
            return Trouble(text, 429, int(WAIT.total_seconds()))
        case Expired():
            return Trouble(_("已经失效或试错太多次，请重新开始。"))
        case RuleBroken():
            return Trouble(error.en if _.language == "en" else error.zh)
        case _:
            return Trouble(wrong)
