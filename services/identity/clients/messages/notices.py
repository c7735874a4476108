"""What a person is told of his account's security, on its page and by message."""

from collections.abc import Mapping
from pathlib import Path

from services.identity.clients.messages.texts import N_
from shared.i18n import Catalog, Language

_catalog = Catalog.load(Path(__file__).parent / "locale")

NOTICES: dict[str, str] = {
    "new_device": N_("您的账号在一台新设备上登录：{device}"),
    "password_changed": N_("您的登录密码已修改"),
    "delegation_offered": N_("您收到一项代办授权，请登录后确认"),
    "delegation_granted": N_("一项代办授权已生效"),
    "delegation_revoked": N_("一项代办授权已收回"),
    "session_ended": N_("一处登录已在另一台设备上退出"),
    "token_reuse": N_("登录凭据被重复使用，有关授权已停用"),
    "access_removed": N_("已停止 {client} 访问您的账号"),
    "data_read": N_("{reader} 因办事查看了您的资料"),
}


def notice(kind: str, facts: Mapping[str, str], language: Language) -> str:
    """The sentence of a notice."""
    return _catalog.translator(language)(NOTICES[kind], **facts)
