"""Every error of an app becomes a problem here, and only here."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.db import DatabaseError, UnusableText
from shared.i18n import negotiate
from shared.policy import Denied
from shared.web.problems import (
    MEDIA_TYPE,
    BadRequest,
    Conflict,
    Forbidden,
    InternalError,
    InvalidFields,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    PayloadTooLarge,
    Problem,
    ServiceUnavailable,
    Text,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
    problem_body,
)

_log = structlog.get_logger("web")
_BY_STATUS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    406: NotAcceptable,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
    429: TooManyRequests,
    503: ServiceUnavailable,
}
_STORE = Text(
    "数据暂时存不进去，没有确认的内容请重试。", "The store is away; retry what was not confirmed."
)
_UNUSABLE = Text(
    "内容含有无法保存的字符（如空字符），请去掉后再发。",
    "A text holds a character that cannot be stored, such as NUL: send it without.",
)
_TWIN = Text(
    "另一个请求刚刚做了同样的事，请重新读取。", "Another request did the same just now; read it."
)
_UNIQUE_VIOLATION = "23505"
_NOT_FOUND = Text("没有这个地址。", "There is nothing at this address.")

Handler = Callable[[Request, Exception], Awaitable[Response]]


def install_problems(app: FastAPI, base: str) -> None:
    """Answer every error of `app` as a problem whose type begins with `base`."""

    def answering(translate: Callable[[Any], Problem]) -> Handler:
        async def handle(request: Request, error: Exception) -> Response:
            problem = translate(error)
            if problem.status >= 500:  # noqa: PLR2004 - the class of HTTP statuses
                await _log.aerror("request failed", exc_info=error, status=problem.status)
            return problem_response(problem, request, base)

        return handle

    app.add_exception_handler(Problem, answering(lambda problem: problem))
    app.add_exception_handler(RequestValidationError, answering(_invalid))
    app.add_exception_handler(HTTPException, answering(_http))
    app.add_exception_handler(Denied, answering(_denied))
    app.add_exception_handler(DatabaseError, answering(lambda _: ServiceUnavailable(_STORE)))
    app.add_exception_handler(UnusableText, answering(lambda _: BadRequest(_UNUSABLE)))
    app.add_exception_handler(IntegrityError, answering(_broken_rule))
    app.add_exception_handler(Exception, answering(lambda _: InternalError()))


def problem_response(problem: Problem, request: Request, base: str) -> Response:
    """The problem in the language that the request asks for."""
    body = problem_body(
        problem,
        base=base,
        instance=request.url.path,
        language=negotiate(request.headers.get("accept-language")),
    )
    headers = {**problem.headers, "Cache-Control": "no-store"}
    return Response(body, problem.status, headers, media_type=MEDIA_TYPE)


def _http(error: HTTPException) -> Problem:
    kind = _BY_STATUS.get(error.status_code, BadRequest)
    detail: str | Text = _NOT_FOUND if kind is NotFound else str(error.detail)
    problem = kind(detail)
    problem.headers.update(error.headers or {})
    return problem


def _broken_rule(error: IntegrityError) -> Problem:
    """Two requests that make the same thing at once meet at its unique key; the rest is a bug."""
    taken = getattr(error.orig, "sqlstate", None) == _UNIQUE_VIOLATION
    if taken or "UNIQUE constraint failed" in str(error.orig):
        return Conflict(_TWIN, headers={"Retry-After": "1"})
    return InternalError()


def _denied(error: Denied) -> Problem:
    return Forbidden(
        Text(
            f"你没有办理此事的权限（{error.reason}）。",
            f"This is not yours to do ({error.reason}).",
        ),
        reason=error.reason,
    )


def _invalid(error: RequestValidationError) -> Problem:
    problems = [
        {
            "pointer": _pointer(e["loc"]),
            "in": str(e["loc"][0]),
            "detail": e["msg"].removeprefix("Value error, "),
            "code": e["type"],
        }
        for e in error.errors()
    ]
    if any(problem["code"] == "json_invalid" for problem in problems):
        return BadRequest(Text("正文不是有效的 JSON。", "The body is not valid JSON."))
    return InvalidFields(problems)


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location[1:])
