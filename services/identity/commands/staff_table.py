"""Reading a table of staff: CSV or Excel, with the column names that offices use."""

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from services.identity.domain.errors import NotAllowed

_ENCODINGS = ("utf-8-sig", "gb18030")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "name"),
    "login_name": ("登录名", "login_name"),
    "phone": ("手机号", "phone"),
    "department": ("部门代码", "统一社会信用代码", "department"),
    "region": ("区划代码", "行政区划", "region"),
    "positions": ("岗位", "positions"),
    "roles": ("角色", "roles"),
    "ends_on": ("截止日期", "ends_on"),
}
_NEEDED = ("login_name", "department", "region", "roles")
_MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, by our names of the columns."""

    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


def read_table(file: Path, sheet: str | None = None) -> list[Row]:
    """Every line that holds anything."""
    try:
        lines = list(_excel(file, sheet) if file.suffix.lower() == ".xlsx" else _csv(file))
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise NotAllowed(f"{file.name} 不能读作表格。", f"not a table: {error}") from None
    if not lines:
        raise NotAllowed(f"{file.name} 是空的。", f"{file.name} is empty.")
    names = [_column(title) for title in lines[0]]
    if missing := [one for one in _NEEDED if one not in names]:
        titles = "、".join(COLUMNS[one][0] for one in missing)
        raise NotAllowed(f"缺少列：{titles}。", f"Columns are missing: {', '.join(missing)}.")
    if len(lines) > _MOST_ROWS:
        raise NotAllowed(f"一次最多 {_MOST_ROWS} 行。", f"At most {_MOST_ROWS} rows at once.")
    return [
        Row(number, {name: cell for name, cell in zip(names, line, strict=False) if name})
        for number, line in enumerate(lines[1:], start=2)
        if any(line)
    ]


def keep_passwords(file: Path, first: Mapping[str, str]) -> None:
    """First passwords by login name, in a new file that only its owner reads."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotAllowed(f"{file} 不能新建。", f"cannot be made: {error}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        written.writelines(f"{name},{password}\n" for name, password in first.items())


def _column(title: str) -> str | None:
    return next((name for name, titles in COLUMNS.items() if title in titles), None)


def _csv(file: Path) -> Iterator[list[str]]:
    content = file.read_bytes()
    for encoding in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        for line in csv.reader(io.StringIO(text, newline="")):
            yield [cell.strip() for cell in line]
        return
    raise ValueError("neither UTF-8 nor GB 18030")


def _excel(file: Path, sheet: str | None) -> Iterator[list[str]]:
    book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    try:
        cells = book[sheet] if sheet is not None else book[book.sheetnames[0]]
        for line in cells.iter_rows(values_only=True):
            yield [_text(value) for value in line]
    finally:
        book.close()


def _text(value: Any) -> str:
    """A cell as a person sees it: Excel keeps whole numbers as floats, and days as moments."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value.date() if hasattr(value, "date") else value).strip()
