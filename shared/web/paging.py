"""Keyset paging: a cursor is the sort key of the last row; there is never an exact count."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel
from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.sql.elements import ColumnClause

from shared.web.problems import BadRequest, Text

T = TypeVar("T")
LARGEST_PAGE = 100

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="rows in the answer at most")]
Cursor = Annotated[
    str | None, Query(max_length=512, description="`next` of the page before; opaque")
]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is null on the last."""

    items: list[T]
    next: str | None = None


def encode_cursor(values: Sequence[Any]) -> str:
    """The sort key of a page's last row as text for a URL."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort key again; BadRequest unless it has just these kinds of values."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, binascii.Error):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(kinds)
        or any(type(value) is not kind for value, kind in zip(values, kinds, strict=True))
    ):
        raise BadRequest(
            Text(
                "cursor 无效：请原样使用上一页的 next。",
                "The cursor is not valid: pass on `next` of the page before as it is.",
            )
        )
    return values


def after(
    columns: Sequence[ColumnElement[Any] | ColumnClause[Any]],
    values: Sequence[Any],
    *,
    descending: bool = False,
) -> ColumnElement[bool]:
    """The condition for the rows behind `values` in the order of `columns`."""
    left, right = tuple_(*columns), tuple_(*values)
    return left < right if descending else left > right
