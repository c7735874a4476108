"""A resource's definition between the database and the domain."""

from collections.abc import Mapping
from typing import Any

from services.exchange.domain import Connector, Field, Resource, Sharing


def resource_of(code: str, version: int, definition: Mapping[str, Any]) -> Resource:
    """The resource that a stored definition describes."""
    plain = ("owner", "name", "key", "update_cycle", "legal_basis")
    return Resource(
        code=code,
        version=version,
        **{name: definition[name] for name in plain},
        fields=tuple(Field(**field) for field in definition["fields"]),
        sharing=Sharing(definition["sharing"]),
        connector=Connector(**definition["connector"]),
    )
