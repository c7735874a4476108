"""`ETag` and `If-Match` (RFC 9110): who changes a shared thing says which version he saw."""

import re
from datetime import datetime

from starlette.requests import Request

from shared.clock import rfc3339
from shared.web.problems import BadRequest, PreconditionFailed, Text

_TAG = re.compile(r'"(\d{1,9})"')


def etag(version: int) -> str:
    """The version as a strong entity tag."""
    return f'"{version}"'


def expected_version(request: Request) -> int | None:
    """The version that the caller saw, or None when the request is unconditional."""
    given = request.headers.get("if-match")
    if given is None or given == "*":
        return None
    match = _TAG.fullmatch(given.strip())
    if match is None:
        raise BadRequest(
            Text(
                'If-Match 应形如 "3"（读取时的 ETag）。',
                'If-Match is written "3": the ETag as read.',
            )
        )
    return int(match[1])


def require_version(expected: int | None, actual: int, *, by: str, at: datetime) -> None:
    """Refuse when the thing changed since the caller read it; say who changed it and when."""
    if expected is not None and expected != actual:
        raise PreconditionFailed(
            Text(
                f"你看到的是第 {expected} 版，现在是第 {actual} 版。",
                f"You saw version {expected}; it is now version {actual}.",
            ),
            headers={"ETag": etag(actual)},
            version=actual,
            changed_by=by,
            changed_at=rfc3339(at),
        )
