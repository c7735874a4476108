"""The mapping file: which field of a department's list becomes which field of an item.

A mapping is TOML; `deploy/examples/` has one with a word on every line:

    [source]    format, rows (path to a row in JSON), sheet, header_row, encoding
    [defaults]  values for fields that a row does not give
    [[regions]] and [[departments]] that the items stand in, published first
    [fields.X]  from: the column or key; query: a parameter of the URL in it; pattern: the part
                that a regular expression captures; values: a table of replacements; split: the
                separator of several values; upper: capitals; fill_by: when it is missing, what
                most rows with the same value of that field have
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from services.catalogue.commands.importing.errors import ImportFailed
from services.catalogue.commands.importing.readers import Row

_HEADERS = {
    "事项名称": "name", "实施编码": "code", "基本编码": "base_code", "本地编码": "local_code",
    "实施主体": "department_name", "实施主体编码": "department",
    "区划": "region", "行政区划": "region", "事项类型": "item_type", "服务对象": "audience",
    "主题分类": "themes", "关键词": "keywords", "简介": "summary", "到现场次数": "visits",
    "法定办结时限": "statutory_days", "承诺办结时限": "promise_days", "办件类型": "project_type",
    "网上办理深度": "online_depth", "办理地址": "link", "链接": "link",
}  # fmt: skip
_NUMBERS = {
    "version",
    "statutory_days",
    "promise_days",
    "online_depth",
    "visits",
    "real_name_level",
}
_LISTS = {"audience", "themes", "keywords"}
_SEPARATORS = re.compile(r"[\^;；、|]")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Source(_Strict):
    """How the file is read."""

    format: Literal["csv", "xlsx", "json"] | None = None
    rows: str = "items[]"
    sheet: str | None = None
    header_row: int = Field(1, ge=1)
    encoding: str | None = None


class Rule(_Strict):
    """How one field is taken from a row."""

    source: str = Field(alias="from")
    query: str | None = None
    pattern: str | None = None
    values: dict[str, Any] = {}
    split: str | None = None
    upper: bool = False
    fill_by: str | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None and re.compile(pattern).groups != 1:
            raise ValueError("a pattern captures just one group: put it into ( )")
        return pattern

    def take(self, row: Row) -> Any:
        """The field's value in a row; None when the row does not have it."""
        value = row.get(self.source)
        if isinstance(value, str):
            value = self._extract(value.strip())
        if value is None or value == "":
            return None
        if self.values:
            return self.values.get(str(value), value)
        return value.split(self.split) if self.split and isinstance(value, str) else value

    def _extract(self, text: str) -> str | None:
        if self.query is not None:
            text = parse_qs(urlsplit(text).query).get(self.query, [""])[0]
        if self.pattern is not None:
            found = re.search(self.pattern, text)
            text = found[1] if found else ""
        return text.upper() if self.upper else text


class Mapping(_Strict):
    """A whole mapping file."""

    source: Source = Source()
    defaults: dict[str, Any] = {}
    regions: list[dict[str, Any]] = []
    departments: list[dict[str, Any]] = []
    fields: dict[str, Rule] = {}

    @classmethod
    def load(cls, path: Path) -> "Mapping":
        """Read a mapping file; ImportFailed names each mistake."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except OSError as error:
            raise ImportFailed(f"{path}: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ImportFailed(f"{path.name} 不是有效的 TOML：{error} (not valid TOML)") from None
        except ValidationError as error:
            told = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ImportFailed(f"{path.name}: {told}") from None

    def items(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """The rows as items, in their order, with gaps filled from their like."""
        items = [self._item(row) for row in rows]
        for name, rule in self.fields.items():
            if rule.fill_by is not None:
                _fill(items, name, rule.fill_by)
        return [_typed({**self.defaults, **item}) for item in items]

    def _item(self, row: Row) -> dict[str, Any]:
        if not self.fields:
            named = {_HEADERS.get(name, name): value for name, value in row.levels[0].items()}
            return {
                name: value for name, value in named.items() if name and value not in (None, "")
            }
        taken = {name: rule.take(row) for name, rule in self.fields.items()}
        return {name: value for name, value in taken.items() if value is not None}


def _fill(items: list[dict[str, Any]], name: str, by: str) -> None:
    seen: dict[Any, Counter[Any]] = defaultdict(Counter)
    for item in items:
        if name in item and by in item:
            seen[item[by]][item[name]] += 1
    for item in items:
        if name not in item and (known := seen.get(item.get(by))):
            item[name] = known.most_common(1)[0][0]


def _typed(item: dict[str, Any]) -> dict[str, Any]:
    """Texts of a table as the numbers and lists that the item has."""
    for name, value in item.items():
        if not isinstance(value, str):
            continue
        if name in _NUMBERS and re.fullmatch(r"\d{1,5}", value):
            item[name] = int(value)
        elif name in _LISTS:
            item[name] = [part.strip() for part in _SEPARATORS.split(value) if part.strip()]
    return item
