"""Rows of a file, each with the place that a person finds it at."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from services.catalogue.commands.importing.errors import ImportFailed

_ENCODINGS = ("utf-8-sig", "gb18030")
_STEP = re.compile(r"(?P<name>[^.\[\]]*)(?P<every>\[\])?")
FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".json": "json",
}


@dataclass(frozen=True)
class Row:
    """One row: where it stands, and its fields, with those of what encloses it behind them."""

    place: str
    levels: Sequence[dict[str, Any]]

    def get(self, name: str) -> Any:
        """A field of the row, or of the nearest thing around it that has one of that name."""
        return next((level[name] for level in self.levels if name in level), None)


def read_json(path: Path) -> Any:
    """The whole document."""
    text = _decode(path.read_bytes(), _ENCODINGS)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ImportFailed(
            f"{path.name} 不是有效的 JSON：第 {error.lineno} 行第 {error.colno} 列 {error.msg} "
            f"(not valid JSON at line {error.lineno}, column {error.colno})"
        ) from None


def json_rows(document: Any, rows: str) -> Iterator[Row]:
    """Walk down a path such as `[].items[].sub_items[]`; what lies above stays readable."""
    steps = [
        (step["name"], bool(step["every"]))
        for step in map(_STEP.fullmatch, rows.split("."))
        if step
    ]
    yield from _walk(document, steps, (), "$")


def _walk(
    node: Any, steps: list[tuple[str, bool]], above: Sequence[dict[str, Any]], place: str
) -> Iterator[Row]:
    if not steps:
        level = node if isinstance(node, dict) else {"": node}
        yield Row(place, (level, *above))
        return
    (name, every), rest = steps[0], steps[1:]
    if name:
        enclosing = node if isinstance(node, dict) else {}
        above, node = (enclosing, *above), enclosing.get(name)
        place = f"{place}.{name}"
    if not every:
        yield from _walk(node, rest, above, place)
        return
    if not isinstance(node, list):
        raise ImportFailed(f"{place} 应是列表，映射文件的 rows 与文件不符 ({place} is not a list)")
    for number, child in enumerate(node):
        yield from _walk(child, rest, above, f"{place}[{number}]")


def read_csv(path: Path, encoding: str | None) -> Iterator[Row]:
    """The rows under the header of a CSV file; the encoding and the separator are found out."""
    text = _decode(path.read_bytes(), (encoding,) if encoding else _ENCODINGS)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:10_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    table = csv.reader(io.StringIO(text, newline=""), dialect)
    header = [name.strip() for name in next(table, [])]
    _check_header(path, header)
    for fields in table:
        if any(field.strip() for field in fields):
            values = [field.strip() for field in fields]
            yield Row(f"第 {table.line_num} 行", (dict(zip(header, values, strict=False)),))


def read_xlsx(path: Path, sheet: str | None, header_row: int) -> Iterator[Row]:
    """The rows under the header of a sheet (the first one unless named)."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise ImportFailed(
            f"{path.name} 不能作为 Excel 文件打开：{error} (not an Excel file)"
        ) from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            names = "、".join(book.sheetnames)
            raise ImportFailed(f"没有工作表 {sheet!r}，文件里有：{names} (no such sheet)")
        cells = book[sheet] if sheet is not None else book[book.sheetnames[0]]
        table = cells.iter_rows(min_row=header_row, values_only=True)
        header = [str(name or "").strip() for name in next(table, ())]
        _check_header(path, header)
        for number, fields in enumerate(table, start=header_row + 1):
            values = {name: _cell(value) for name, value in zip(header, fields, strict=False)}
            if any(values.values()):
                yield Row(f"第 {number} 行", (values,))
    finally:
        book.close()


def _cell(value: Any) -> str:
    """A cell as a person sees it: Excel keeps whole numbers as floats."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _check_header(path: Path, header: list[str]) -> None:
    names = [name for name in header if name]
    if not names:
        raise ImportFailed(f"{path.name} 没有表头 (the header row is empty)")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ImportFailed(f"{path.name} 的表头有重复列：{'、'.join(twice)} (repeated columns)")


def _decode(content: bytes, encodings: Sequence[str]) -> str:
    if not content.strip():
        raise ImportFailed("文件是空的 (the file is empty)")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise ImportFailed(f"不认识编码 {encoding!r} (unknown encoding)") from None
    raise ImportFailed(
        f"文件的文字编码不是 {' 或 '.join(encodings)} (the text is not encoded as any of these)"
    )
