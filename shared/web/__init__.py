"""The HTTP side of a service: app factory, problems, paging, idempotency, preconditions."""

from shared.web.app import Body, create_app
from shared.web.background import Work, background, every
from shared.web.health import Readiness, ReadinessWatch, health
from shared.web.idempotency import Answer, Caller, Idempotency, idempotency_table
from shared.web.paging import Cursor, Limit, Page, after, decode_cursor, encode_cursor
from shared.web.preconditions import etag, expected_version, require_version
from shared.web.problems import InvalidFields, Problem, Text

__all__ = [
    "Answer",
    "Body",
    "Caller",
    "Cursor",
    "Idempotency",
    "InvalidFields",
    "Limit",
    "Page",
    "Problem",
    "Readiness",
    "ReadinessWatch",
    "Text",
    "Work",
    "after",
    "background",
    "create_app",
    "decode_cursor",
    "encode_cursor",
    "etag",
    "every",
    "expected_version",
    "health",
    "idempotency_table",
    "require_version",
]
