"""What a failing upstream looks like from outside."""

from shared.http.errors import (
    AnswerTimedOut,
    BadUpstreamAnswer,
    UnsendableRequest,
    UpstreamBusy,
    UpstreamLost,
)
from shared.web.problems import (
    BadGateway,
    BadRequest,
    GatewayTimeout,
    Problem,
    ServiceUnavailable,
    Text,
)

_BUSY = Text("该服务正忙。", "This service is busy.")
_SLOW = Text("该服务没有及时应答。", "This service did not answer in time.")
_LOST = Text(
    "连接中断，请求可能已生效，请用同一 Idempotency-Key 重试。",
    "The connection broke; the request may have had its effect: retry with the same key.",
)
_DOWN = Text("该服务暂时不可用。", "This service is away for now.")
_WRONG = Text("该服务的应答无法识别。", "This service's answer cannot be understood.")
_UNSENDABLE = Text("请求头含有不允许的字符。", "A header holds a character that none may hold.")


def problem_of(fault: Exception) -> Problem:
    """The problem that tells a caller about this fault, without our addresses."""
    match fault:
        case UpstreamBusy():
            return ServiceUnavailable(_BUSY, retry_after=1)
        case AnswerTimedOut():
            return GatewayTimeout(_SLOW)
        case UpstreamLost():
            return ServiceUnavailable(_LOST)
        case BadUpstreamAnswer():
            return BadGateway(_WRONG)
        case UnsendableRequest():
            return BadRequest(_UNSENDABLE)
        case _:
            return ServiceUnavailable(_DOWN)
