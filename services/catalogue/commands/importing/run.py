"""One import, from the file to the report."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.commands.forms import form_flaws
from services.catalogue.commands.importing.errors import ImportFailed
from services.catalogue.commands.importing.mapping import Mapping
from services.catalogue.commands.importing.readers import (
    FORMATS,
    Row,
    json_rows,
    read_csv,
    read_json,
    read_xlsx,
)
from services.catalogue.commands.importing.report import Report, Trouble
from services.catalogue.commands.publish import Outcome, Publishing
from services.catalogue.domain import (
    Flaw,
    flaws,
    full_region,
    is_department_code,
    is_region_code,
    status_of,
)
from services.catalogue.store import Places
from shared.db import Database

_BATCH = 100

Found = tuple[str, dict[str, Any]]
Publish = Callable[[AsyncConnection, dict[str, Any], str], Coroutine[Any, Any, Outcome]]


class Import:
    """Takes a file's good rows into the catalogue and reports the others."""

    def __init__(self, db: Database, publishing: Publishing, actor: str) -> None:
        self._db = db
        self._publishing = publishing
        self._actor = actor

    async def run(self, path: Path, mapping: Mapping | None, *, dry_run: bool = False) -> Report:
        """Import `path`; with `dry_run` only say what would happen. Runs beside a live service."""
        mapping = mapping or Mapping()
        document, items = _read(path, mapping)
        report = Report(dry_run=dry_run)
        kept = await self._places("region", _listed(document, mapping, "regions"), report, _region)
        regions = await self._known_regions() | {region["code"] for _, region in kept}
        kept = await self._places(
            "department", _listed(document, mapping, "departments"), report, _department(regions)
        )
        departments = await self._known_departments() | {found["code"] for _, found in kept}
        good = list(_good(items, regions, departments, report))
        await self._places("department", _unknown(good, departments), report, _department(regions))
        await self._store("item", good, report, self._publishing.item)
        for _, item in good:
            report.statuses[status_of(item)] += 1
        return report

    async def _places(
        self,
        kind: str,
        found: Sequence[Found],
        report: Report,
        check: Callable[[dict[str, Any]], list[Flaw]],
    ) -> list[Found]:
        kept = []
        for place, row in found:
            if wrong := check(row):
                report.troubles.append(Trouble(place, str(row.get("name", "")), tuple(wrong)))
            else:
                kept.append((place, row))
        publish = self._publishing.region if kind == "region" else self._publishing.department
        await self._store(kind, kept, report, publish)
        return kept

    async def _store(
        self, kind: str, rows: Sequence[Found], report: Report, publish: Publish
    ) -> None:
        if report.dry_run:
            report.done[kind, Outcome.NEW] += len(rows)
            return
        for start in range(0, len(rows), _BATCH):
            async with self._db.write() as tx:
                for _, row in rows[start : start + _BATCH]:
                    report.done[kind, await publish(tx, row, self._actor)] += 1

    async def _known_regions(self) -> set[str]:
        async with self._db.read() as connection:
            return {row.code for row in await Places(connection).regions()}

    async def _known_departments(self) -> set[str]:
        async with self._db.read() as connection:
            return {row.code for row in await Places(connection).departments()}


def _read(path: Path, mapping: Mapping) -> tuple[dict[str, Any], list[Found]]:
    """The document (for what stands beside the items) and its items with their places."""
    source = mapping.source
    kind = source.format or FORMATS.get(path.suffix.lower())
    document: Any = {}
    try:
        if kind == "json":
            document = read_json(path)
            where = "[]" if isinstance(document, list) and source.rows == "items[]" else source.rows
            has_items = not isinstance(document, dict) or "items" in document or mapping.fields
            rows = list(json_rows(document, where)) if has_items else []
        elif kind == "csv":
            rows = list(read_csv(path, source.encoding))
        elif kind == "xlsx":
            rows = list(read_xlsx(path, source.sheet, source.header_row))
        else:
            raise ImportFailed(f"{path.name}: 能读 .csv .xlsx .json (reads CSV, Excel and JSON)")
    except OSError as error:
        raise ImportFailed(f"{path}: {error.strerror}") from None
    items = _objects(rows, mapping)
    return document if isinstance(document, dict) else {}, items


def _objects(rows: Sequence[Row], mapping: Mapping) -> list[Found]:
    return [(row.place, item) for row, item in zip(rows, mapping.items(rows), strict=True)]


def _listed(document: dict[str, Any], mapping: Mapping, name: str) -> list[Found]:
    listed = [*getattr(mapping, name), *document.get(name, [])]
    return [(f"{name}[{number}]", dict(row)) for number, row in enumerate(listed)]


def _unknown(good: Sequence[Found], known: set[str]) -> list[Found]:
    """Departments that only the items name: their code and name make one."""
    new: dict[str, Found] = {}
    for place, item in good:
        code = item.get("department")
        if code and code not in known and code not in new:
            row = {"code": code, "name": item["department_name"], "region": item["region"]}
            new[code] = (place, row)
    return list(new.values())


def _good(
    items: Sequence[Found], regions: set[str], departments: set[str], report: Report
) -> Iterator[Found]:
    seen: dict[str, str] = {}
    for place, item in items:
        wrong = [
            *_tidied(item),
            *flaws(item),
            *_place(item, regions, departments),
            *form_flaws(item),
        ]
        code = str(item.get("code") or item.get("local_code") or "")
        if code in seen:
            wrong.append(Flaw("code", f"与 {seen[code]} 的编码相同 (the same code as there)"))
        if wrong:
            report.troubles.append(Trouble(place, str(item.get("name", "")), tuple(wrong)))
            continue
        seen[code] = place
        yield place, item


def _tidied(item: dict[str, Any]) -> list[Flaw]:
    """Widen the region's code; tell what cannot be read as what it should be."""
    wrong = []
    with suppress(ValueError):  # the rule for the region tells it, with the value
        item["region"] = full_region(str(item.get("region") or ""))
    for name in ("statutory_days", "promise_days", "visits", "online_depth", "version"):
        if isinstance(item.get(name), str):
            wrong.append(Flaw(name, f"{item[name]!r} 不是数字 (not a number)"))
            item[name] = None
    return wrong


def _place(item: dict[str, Any], regions: set[str], departments: set[str]) -> Iterator[Flaw]:
    region, department = str(item.get("region", "")), item.get("department")
    if is_region_code(region) and region not in regions:
        yield Flaw("region", f"没有区划 {region}，先导入区划 (unknown; import the region first)")
    if not isinstance(department, str) or not department or department in departments:
        return
    if not is_department_code(department):
        yield Flaw("department", f"{department!r} 校验位不对或不是 18 位 (GB 32100 does not hold)")
    elif not item.get("department_name"):
        yield Flaw("department", f"没有部门 {department} (unknown, and no name is given)")


def _region(row: dict[str, Any]) -> list[Flaw]:
    try:
        row["code"] = full_region(str(row.get("code") or ""))
    except ValueError as error:
        return [Flaw("code", str(error))]
    wrong = [Flaw(name, "为空 (missing)") for name in ("name", "level") if not row.get(name)]
    row.setdefault("parent", None)
    return wrong


def _department(regions: set[str]) -> Callable[[dict[str, Any]], list[Flaw]]:
    def check(row: dict[str, Any]) -> list[Flaw]:
        wrong = []
        if not is_department_code(str(row.get("code", ""))):
            wrong.append(Flaw("code", f"{row.get('code')!r} 校验位不对 (GB 32100 does not hold)"))
        if not row.get("name"):
            wrong.append(Flaw("name", "为空 (missing)"))
        if row.get("region") not in regions:
            wrong.append(Flaw("region", f"没有区划 {row.get('region')!r} (unknown region)"))
        return wrong

    return check
