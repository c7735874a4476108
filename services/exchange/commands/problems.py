"""What the askers of data are told when they get none."""

from shared.web import Problem, Text
from shared.web.problems import BadGateway, NotFound, ServiceUnavailable


class ResourceNotFound(NotFound):
    """No data resource has this code."""

    slug = "resource-not-found"
    title = Text("没有这个数据资源", "There is no such data resource")
    remedy = Text("在资源目录中核对编码", "Look the code up in the resource catalogue")


class NoRecord(NotFound):
    """The department has nothing on record about whom was asked."""

    slug = "no-record"
    title = Text("没有登记信息", "There is no record")
    remedy = Text("请申请人自行填写", "Let the person fill it in")


class SourceAway(ServiceUnavailable):
    """The department's system gives no answer now."""

    slug = "source-unavailable"
    title = Text("数据提供部门的系统暂时不可用", "The department's system is unavailable for now")
    remedy = Text("稍后再取，或由申请人自行填写", "Ask again later, or let the person fill it in")


class SourceAnsweredWrongly(BadGateway):
    """The department's system answered with what its resource does not define."""

    slug = "source-broken"
    title = Text("数据提供部门的应答不合约定", "The department's system answered wrongly")
    remedy = Text(
        "由申请人自行填写，并告知提供部门", "Let the person fill it in, and tell the owner"
    )


class CallNotFound(NotFound):
    """No call has this id, or it is not the caller's."""

    slug = "call-not-found"
    title = Text("没有这次调用", "There is no such call")


class PermitNotFound(NotFound):
    """No permit has this id."""

    slug = "permit-not-found"
    title = Text("没有这个授权", "There is no such permit")


class SubscriptionNotFound(NotFound):
    """No subscription has this id, or it is another department's."""

    slug = "subscription-not-found"
    title = Text("没有这个订阅", "There is no such subscription")


class DeliveryNotFound(NotFound):
    """No dead letter of the subscription is of this event."""

    slug = "delivery-not-found"
    title = Text("没有这封死信", "There is no such dead letter")
    remedy = Text("重新列出死信", "List the dead letters again")


def no_subscription(subscription: str) -> Problem:
    """The id names nothing that the caller may see."""
    return SubscriptionNotFound(
        Text(f"没有编号为 {subscription} 的订阅。", f"No subscription has the id {subscription}.")
    )


def no_dead_letter(event: str) -> Problem:
    """The event is not among the dead letters."""
    return DeliveryNotFound(
        Text(f"事件 {event} 不是死信。", f"The event {event} is no dead letter.")
    )


def no_resource(code: str) -> Problem:
    """The code names nothing."""
    return ResourceNotFound(
        Text(f"没有编码为 {code} 的数据资源。", f"No data resource has the code {code}.")
    )
