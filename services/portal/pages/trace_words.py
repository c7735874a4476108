"""The words of traces: kinds of spans, stages and types of business events, attributes."""

from services.portal.pages.words import N_
from shared.i18n import Formats, Translator

_SECOND = 1000.0
_MINUTE = 60 * _SECOND
_FEW = 10.0

STAGE = {
    "created": N_("已产生"),
    "published": N_("已发布"),
    "processed": N_("已处理"),
    "delivered": N_("已送到"),
}
# Each stage has a shape of its own, so that it is told apart without its colour.
SHAPE = {
    "created": "M0-7 7 0 0 7-7 0z",
    "published": "M0-7 7 6H-7z",
    "processed": "M-6-6H6V6H-6z",
    "delivered": "M-7-6H7L0 7z",
}
KIND = {
    "server": N_("应答请求"),
    "client": N_("发出请求"),
    "producer": N_("发布事件"),
    "consumer": N_("处理事件"),
    "internal": N_("内部步骤"),
}
CALL = {"server": N_("请求"), "consumer": N_("事件")}
EVENT = {
    "tongban.cases.case_submitted.v1": N_("办件已提交"),
    "tongban.cases.case_accepted.v1": N_("办件已受理"),
    "tongban.cases.case_refused.v1": N_("办件不予受理"),
    "tongban.cases.correction_requested.v1": N_("已要求补正"),
    "tongban.cases.case_corrected.v1": N_("补正已提交"),
    "tongban.cases.case_suspended.v1": N_("计时已暂停"),
    "tongban.cases.case_resumed.v1": N_("计时已恢复"),
    "tongban.cases.case_extended.v1": N_("期限已延长"),
    "tongban.cases.case_decided.v1": N_("办件已作出决定"),
    "tongban.cases.case_delivered.v1": N_("结果已送达"),
    "tongban.cases.case_withdrawn.v1": N_("办件已撤回"),
    "tongban.catalogue.item_published.v1": N_("事项已发布"),
    "tongban.catalogue.item_withdrawn.v1": N_("事项已撤下"),
    "tongban.catalogue.department_changed.v1": N_("部门信息已变更"),
    "tongban.catalogue.region_changed.v1": N_("区划信息已变更"),
    "tongban.exchange.data_called.v1": N_("数据已调用"),
    "tongban.exchange.permit_granted.v1": N_("共享已授权"),
    "tongban.exchange.permit_revoked.v1": N_("共享授权已收回"),
    "tongban.exchange.resource_published.v1": N_("数据资源已发布"),
    "tongban.identity.person_registered.v1": N_("账号已注册"),
    "tongban.identity.person_closed.v1": N_("账号已注销"),
    "tongban.identity.organisation_registered.v1": N_("法人已登记"),
    "tongban.identity.delegation_granted.v1": N_("代办已授权"),
    "tongban.identity.delegation_revoked.v1": N_("代办授权已收回"),
    "tongban.identity.staff_appointed.v1": N_("岗位已任用"),
    "tongban.identity.staff_deactivated.v1": N_("岗位已停用"),
    "tongban.identity.client_registered.v1": N_("系统已登记"),
    "tongban.identity.session_ended.v1": N_("登录已结束"),
    "tongban.identity.token_revoked.v1": N_("令牌已撤销"),
}
ATTRIBUTE = {
    "tongban.case_number": N_("办件编号"),
    "tongban.item_code": N_("事项编码"),
    "tongban.department": N_("部门"),
    "tongban.region": N_("区划"),
    "tongban.resource_code": N_("数据资源"),
    "tongban.act": N_("办理动作"),
    "tongban.status": N_("办件状态"),
    "cloudevents.event_type": N_("事件类型"),
    "cloudevents.event_subject": N_("事件对象"),
    "messaging.message.id": N_("事件编号"),
    "messaging.destination.name": N_("主题"),
    "http.request.method": N_("请求方法"),
    "http.route": N_("接口"),
    "http.response.status_code": N_("状态码"),
    "db.operation.name": N_("数据库操作"),
    "db.collection.name": N_("数据表"),
    "db.system.name": N_("数据库"),
    "error.type": N_("错误"),
    "exception.type": N_("异常"),
    "server.address": N_("对方地址"),
    "server.port": N_("对方端口"),
}
# The gateway is no service behind itself, and no queue is asked of it; but it has spans.
GATEWAY = N_("网关")


def took(_: Translator, formats: Formats, milliseconds: float | None) -> str:
    """A duration as people read it: 0.4 毫秒, 12 毫秒, 1.25 秒, 3 分 20 秒."""
    if milliseconds is None:
        return "–"
    if milliseconds < _SECOND:
        digits = 1 if milliseconds < _FEW else 0
        return _("{n} 毫秒", n=formats.number(round(milliseconds, digits)))
    if milliseconds < _MINUTE:
        return _("{n} 秒", n=formats.number(round(milliseconds / _SECOND, 2)))
    return formats.lasting(milliseconds / _SECOND)
