"""The texts of messages; a gateway that has templates of its own goes by their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.i18n import Catalog, Language

_catalog = Catalog.load(Path(__file__).parent / "locale")


@dataclass(frozen=True, slots=True)
class Template:
    """A subject for e-mails, and the text; `{site}` is the name of the installation."""

    subject: str
    text: str


def N_(text: str) -> str:  # noqa: N802 - gettext's name for a text that is translated later
    """A text that is said in the reader's language later."""
    return text


_SECURITY = N_("{site}：账号安全提醒")

TEMPLATES: dict[str, Template] = {
    "one_time_code": Template(
        N_("{site}：验证码"),
        N_("【{site}】验证码 {code}，{minutes} 分钟内有效。请勿告诉任何人，工作人员不会向您索要。"),
    ),
    "consent_code": Template(
        N_("{site}：代办确认"),
        N_(
            "【{site}】{who}申请代您办事。同意的，把验证码 {code} 告诉他；"
            "不认识的，不要告诉任何人，也可以在“我的账户”里拒绝。"
        ),
    ),
    "security_notice": Template(
        _SECURITY,
        N_("【{site}】{what}（{when}）。不是您本人操作的，请立即登录修改密码，或打 12345。"),
    ),
}


def written(
    template: str, values: Mapping[str, str], language: Language, site: str
) -> tuple[str, str]:
    """Subject and text; KeyError when there is no such template or a value is missing."""
    found, say = TEMPLATES[template], _catalog.translator(language)
    return say(found.subject, site=site), say(found.text, **{"site": site, **values})
