"""Problem details (RFC 9457): every error that leaves a service or the gateway is one.

    Problem
    ├── BadRequest 400            ├── PreconditionFailed 412
    ├── Unauthorized 401          ├── PayloadTooLarge 413
    ├── Forbidden 403             ├── UnprocessableContent 422 (InvalidFields, IdempotencyKeyReused)
    ├── NotFound 404              ├── TooManyRequests 429
    ├── MethodNotAllowed 405      ├── InternalError 500
    ├── NotAcceptable 406         ├── BadGateway 502
    ├── Conflict 409              ├── ServiceUnavailable 503
    ├── Gone 410                  └── GatewayTimeout 504
    └── UnsupportedMediaType 415

A service adds its own by subclassing; each subclass with a slug of its own enters the register
that `contracts/problems.json` is written from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import orjson

from shared.telemetry import trouble_code

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Text:
    """A text for people in the platform's two languages."""

    zh: str
    en: str

    def say(self, language: str, **values: object) -> str:
        """The text in `language` ("zh" or "en") with its placeholders filled."""
        text = self.en if language == "en" else self.zh
        return text.format(**values) if values else text


class Problem(Exception):
    """An error with an HTTP status and a stable type that clients may rely on."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[Text] = Text("系统内部错误", "Internal error")
    remedy: ClassVar[Text] = Text(
        "请稍后再试，并向 12345 报告请求编号", "Try again later and report the request id"
    )
    register: ClassVar[dict[str, type["Problem"]]] = {}

    def __init_subclass__(cls) -> None:
        """Enter a new type into the register; a slug names one type for ever."""
        other = Problem.register.setdefault(cls.slug, cls)
        if other.__qualname__ != cls.__qualname__ and "slug" in vars(cls):
            raise TypeError(f"the problem slug {cls.slug!r} is taken by {other.__qualname__}")

    def __init__(
        self,
        detail: str | Text = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(detail if isinstance(detail, str) else detail.en)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions


class BadRequest(Problem):
    """The request cannot be read."""

    status, slug = 400, "bad-request"
    title = Text("请求无法识别", "The request cannot be understood")
    remedy = Text("按接口说明改正请求后再发", "Mend the request as the API documentation says")


class Unauthorized(Problem):
    """No valid token came with the request."""

    status, slug = 401, "unauthorized"
    title = Text("请先登录", "Authentication is required")
    remedy = Text("取得访问令牌后再试", "Obtain an access token and send it as a bearer token")


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status, slug = 403, "forbidden"
    title = Text("无权办理", "Not allowed")
    remedy = Text("换用有权限的身份，或申请权限", "Use an identity with the right, or ask for it")


class NotFound(Problem):
    """There is no such thing, or the caller may not know of it."""

    status, slug = 404, "not-found"
    title = Text("找不到", "Not found")
    remedy = Text("核对编号或地址", "Check the number or the address")


class MethodNotAllowed(Problem):
    """The resource does not know this method."""

    status, slug = 405, "method-not-allowed"
    title = Text("不支持这种请求方法", "Method not allowed")
    remedy = Text("使用 Allow 头列出的方法", "Use a method that the Allow header lists")


class NotAcceptable(Problem):
    """No representation suits the Accept header."""

    status, slug = 406, "not-acceptable"
    title = Text("没有所要的格式", "Not acceptable")
    remedy = Text("接受 application/json", "Accept application/json")


class Conflict(Problem):
    """The state of the thing does not allow this now."""

    status, slug = 409, "conflict"
    title = Text("当前状态不允许", "The present state does not allow this")
    remedy = Text("重新读取后再决定", "Read it again, then decide")


class Gone(Problem):
    """The thing was here and is not any more."""

    status, slug = 410, "gone"
    title = Text("已失效", "Gone")
    remedy = Text("重新开始", "Start anew")


class PreconditionFailed(Problem):
    """Somebody else changed the thing meanwhile."""

    status, slug = 412, "precondition-failed"
    title = Text("内容已被他人修改", "Somebody else changed it meanwhile")
    remedy = Text("重新读取，核对后用新版本号再提交", "Read it again and send the new version")


class PayloadTooLarge(Problem):
    """The body is larger than this route takes."""

    status, slug = 413, "payload-too-large"
    title = Text("内容太大", "Payload too large")
    remedy = Text("减小内容后再发", "Send less")


class UnsupportedMediaType(Problem):
    """The body is of a type that this route does not read."""

    status, slug = 415, "unsupported-media-type"
    title = Text("不支持这种内容类型", "Unsupported media type")
    remedy = Text("以 application/json 发送", "Send application/json")


class UnprocessableContent(Problem):
    """The body can be read and breaks a rule."""

    status, slug = 422, "unprocessable-content"
    title = Text("内容不符合要求", "The content breaks a rule")
    remedy = Text("按 errors 逐项改正", "Mend each entry of errors")


class InvalidFields(UnprocessableContent):
    """Fields are missing or wrong; `errors` names each with a JSON pointer."""

    slug = "invalid-fields"
    title = Text("有内容需要改正", "Some fields need mending")

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(
            Text(f"共有 {len(errors)} 处需要改正。", f"{len(errors)} field(s) need mending."),
            errors=errors,
        )


class IdempotencyKeyReused(UnprocessableContent):
    """The key was used for another body."""

    slug = "idempotency-key-reused"
    title = Text("重复使用了 Idempotency-Key", "The Idempotency-Key was used for another body")
    remedy = Text("新的请求使用新的键", "Use a new key for a new request")


class TooManyRequests(Problem):
    """The caller is over its rate."""

    status, slug = 429, "too-many-requests"
    title = Text("请求过于频繁", "Too many requests")
    remedy = Text("按 Retry-After 等待后再试", "Wait as Retry-After says")


class InternalError(Problem):
    """A mistake of ours."""


class BadGateway(Problem):
    """A neighbour answered with what we cannot use."""

    status, slug = 502, "bad-gateway"
    title = Text("后方系统应答有误", "A system behind answered wrongly")
    remedy = Text("稍后再试", "Try again later")


class ServiceUnavailable(Problem):
    """Something that the request needs is away for now."""

    status, slug = 503, "service-unavailable"
    title = Text("服务暂时不可用", "Unavailable for now")
    remedy = Text("按 Retry-After 等待后用同一键重试", "Wait as Retry-After says, same key")

    def __init__(self, detail: str | Text = "", *, retry_after: int = 2, **extensions: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)}, **extensions)


class GatewayTimeout(Problem):
    """A neighbour did not answer in time."""

    status, slug = 504, "gateway-timeout"
    title = Text("后方系统没有及时应答", "A system behind did not answer in time")
    remedy = Text("稍后用同一键重试", "Try again later with the same key")


def problem_body(problem: Problem, *, base: str, instance: str, language: str) -> bytes:
    """The problem as RFC 9457 JSON in `language` ("zh" or "en")."""
    detail = problem.detail
    body = {
        "type": f"{base}/problems/{problem.slug}",
        "title": problem.title.say(language),
        "status": problem.status,
        "detail": detail.say(language) if isinstance(detail, Text) else detail,
        "instance": instance,
        "remedy": problem.remedy.say(language),
        "trace": trouble_code(),
        **problem.extensions,
    }
    return orjson.dumps({k: v for k, v in body.items() if v not in ("", None)})
