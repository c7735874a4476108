"""Codes of the platform in words for people; each word is said with `_` in the page's language."""

import re
from datetime import date, datetime

from shared.crypto import mask
from shared.i18n import Formats, Translator

_A_DAY = 10
_IDENTITY_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")


def N_(text: str) -> str:  # noqa: N802 - the usual name for a text that is said later
    """Marks a text for translation."""
    return text


ROOM = {"desk": N_("工作台"), "ops": N_("运维")}
STATUS = {
    "draft": N_("填写中"),
    "submitted": N_("已提交，等待受理"),
    "correcting": N_("需要您补正"),
    "accepted": N_("已受理，办理中"),
    "suspended": N_("暂停计时"),
    "decided": N_("已作出决定"),
    "delivered": N_("已办结"),
    "refused": N_("不予受理"),
    "withdrawn": N_("已撤回"),
}
# Colour follows the meaning, and never stands alone: the word is always beside it.
DESK_STATUS = {
    "submitted": N_("待受理"),
    "correcting": N_("等待补正"),
    "accepted": N_("办理中"),
    "suspended": N_("特别程序"),
    "decided": N_("待送达"),
    "delivered": N_("已办结"),
    "refused": N_("不予受理"),
    "withdrawn": N_("已撤回"),
}
TONE = {
    "draft": "quiet",
    "submitted": "busy",
    "correcting": "warn",
    "accepted": "busy",
    "suspended": "quiet",
    "decided": "good",
    "delivered": "good",
    "refused": "bad",
    "withdrawn": "quiet",
}
ACT = {
    "start": N_("开始填写"),
    "draft": N_("开始填写"),
    "edit": N_("修改草稿"),
    "submit": N_("提交申请"),
    "accept": N_("受理"),
    "refuse": N_("不予受理"),
    "request-correction": N_("要求补正"),
    "correct": N_("提交补正"),
    "suspend": N_("特别程序开始"),
    "resume": N_("特别程序结束"),
    "extend": N_("延长办理期限"),
    "decide": N_("作出决定"),
    "deliver": N_("送达"),
    "withdraw": N_("撤回"),
    "deem-accepted": N_("逾期未答复，视为受理"),
    "deemed-accepted": N_("逾期未答复，视为受理"),
    "lapse": N_("逾期未答复，视为受理"),
}
ACTOR = {
    "applicant": N_("申请人"),
    "staff": N_("部门工作人员"),
    "system": N_("部门系统"),
    "clock": N_("系统按法定期限自动处理"),
}
OUTCOME = {"granted": N_("准予"), "refused": N_("不予")}
GROUND = {
    "not_needed": N_("依法不需要取得许可"),
    "not_our_power": N_("不属于本部门职权范围"),
    "not_eligible": N_("不具备申请资格"),
}
MEANS = {"window": N_("窗口领取"), "post": N_("邮寄"), "electronic": N_("电子送达")}
DEADLINE = {
    "answer": N_("受理答复"),
    "promised": N_("承诺办结"),
    "statutory": N_("法定办结"),
    "delivery": N_("送达结果"),
}
DEADLINE_STATE = {
    "running": N_("计时中"),
    "standing": N_("暂停计时"),
    "met": N_("按期完成"),
    "late": N_("已超期"),
}
AUDIENCE = {
    "1": N_("自然人"),
    "2": N_("企业法人"),
    "3": N_("事业法人"),
    "4": N_("社会组织法人"),
    "5": N_("行政机关"),
    "6": N_("其他组织"),
}
ITEM_TYPE = {
    "01": N_("行政许可"),
    "05": N_("行政给付"),
    "07": N_("行政确认"),
    "08": N_("行政奖励"),
    "09": N_("行政裁决"),
    "10": N_("其他行政权力"),
    "20": N_("公共服务"),
}
LEVEL = {
    "1": N_("国家级"),
    "2": N_("省级"),
    "3": N_("市级"),
    "4": N_("县级"),
    "5": N_("镇（乡、街道）级"),
    "6": N_("村（社区）级"),
}
WHY = {"name": N_("名称"), "keyword": N_("常用说法"), "summary": N_("说明")}
NO_VALUE = {
    "no_record": N_("部门数据里没有您的记录，请自己填写。"),
    "no_permit": N_("这项数据还没有授权共享，请自己填写。"),
    "no_value": N_("部门数据里这一项是空的，请自己填写。"),
    "source_unavailable": N_("部门的系统暂时连不上，请先自己填写，工作人员会核对。"),
}
REASON = {
    "differs": N_("与部门数据不一致"),
    "no_record": N_("部门没有记录"),
    "no_permit": N_("未授权共享"),
    "no_value": N_("部门数据为空"),
    "source_unavailable": N_("部门系统当时不可用"),
}
SOURCE = {
    "identity": N_("统一身份认证"),
    "population/household": N_("户籍人口信息"),
    "social/insurance": N_("社会保险参保信息"),
    "market/enterprise": N_("市场主体登记信息"),
    "health/birth": N_("出生医学证明信息"),
}
CLIENT = {"cases": N_("办件系统"), "exchange": N_("数据共享系统"), "portal": N_("门户")}
PURPOSE = {
    "handle": N_("办理您的申请"),
    "case": N_("办理您的申请"),
    "own": N_("您本人查看"),
    "oversee": N_("监督检查"),
    "prefill": N_("为您自动填表"),
    "exchange": N_("为您向部门查询数据"),
}


def say(_: Translator, table: dict[str, str], code: object) -> str:
    """The word for a code; a code without a word is shown as it is."""
    text = table.get(str(code))
    return _(text) if text is not None else str(code or "")


def day(text: str) -> date:
    """A date as APIs write it."""
    return date.fromisoformat(text[:10])


def moment(text: str) -> datetime:
    """A moment as APIs write it."""
    return datetime.fromisoformat(text)


def told_time(formats: Formats, text: str) -> str:
    """The day or moment that a source names; what is neither is shown as it came."""
    try:
        return formats.date(day(text)) if len(text) <= _A_DAY else formats.moment(moment(text))
    except ValueError:
        return text


def covered(value: object) -> str:
    """A value as it is shown: of an identity number only what its owner knows it by."""
    text = "" if value is None else str(value)
    return mask(text, 6, 4) if _IDENTITY_NUMBER.fullmatch(text) else text


def field_id(name: str) -> str:
    """The id of the control of a field."""
    return "f-" + re.sub(r"[^\w]+", "-", name).strip("-")
