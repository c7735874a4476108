"""Whether an item's form is a JSON Schema that can be filled in."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, SchemaError

from services.catalogue.domain import Flaw


def form_flaws(item: Mapping[str, Any]) -> Iterator[Flaw]:
    """What is wrong with the form, if anything."""
    if item.get("form") is None:
        return
    try:
        Draft202012Validator.check_schema(item["form"])
    except SchemaError as error:
        yield Flaw("form", f"不是有效的 JSON Schema：{error.message} (not a valid schema)")
