"""A row in every table of a database, whatever the tables are: for migrations that meet data."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, MetaData, func, insert, select, types

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def fill(connection: Connection) -> dict[str, int]:
    """Put a row into each table that has none; how many rows each has."""
    schema = _reflected(connection)
    made: dict[Column[Any], Any] = {}
    for table in schema.sorted_tables:
        if table.name == "alembic_version":
            continue
        row = {column.name: _value(column, made, connection.dialect.name) for column in table.c}
        made.update({column: row[column.name] for column in table.c})
        if not connection.scalar(select(func.count()).select_from(table)):
            connection.execute(insert(table).values(row))
    return count(connection)


def count(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in _reflected(connection).sorted_tables
        if table.name != "alembic_version"
    }


def _reflected(connection: Connection) -> MetaData:
    schema = MetaData()
    schema.reflect(connection)
    return schema


def _value(column: Column[Any], made: dict[Column[Any], Any], dialect: str) -> Any:
    for key in column.foreign_keys:
        return made[key.column]
    kinds: tuple[tuple[Any, Any], ...] = (
        (types.Boolean, False),
        (types.Numeric | types.Float, 1),
        (types.Integer, 1),
        (types.DateTime, AT if dialect == "postgresql" else AT.replace(tzinfo=None)),
        (types.Date, AT.date()),
        (types.LargeBinary, b"{}"),
        (types.JSON, {}),
        (types.Uuid, "019aa000-0000-7000-8000-000000000000"),
        (types.String, "x"),
    )
    return next(value for kind, value in kinds if isinstance(column.type, kind))
