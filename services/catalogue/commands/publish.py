"""Publish regions, departments and item versions; a repeated one changes nothing."""

import hashlib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import rfc8785
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalogue.domain import ItemStatus, status_of, theme_names
from services.catalogue.domain.search import item_terms
from services.catalogue.events import DepartmentChanged, ItemPublished, ItemWithdrawn, RegionChanged
from services.catalogue.store import Items, Places
from services.catalogue.store.tables import departments, regions
from shared.clock import now, today
from shared.events import Outbox
from shared.evidence import Evidence

_DEPARTMENT_FIELDS = ("phone", "address", "hours")


class Outcome(StrEnum):
    """What a publication did."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


class Publishing:
    """Publishes in the caller's transaction: rows, search index, evidence and event together."""

    def __init__(self, outbox: Outbox, evidence: Evidence, timezone: str) -> None:
        self._outbox = outbox
        self._evidence = evidence
        self._timezone = timezone

    async def region(self, tx: AsyncConnection, region: Mapping[str, Any], actor: str) -> Outcome:
        """Publish a region."""
        row: dict[str, Any] = {n: region.get(n) for n in ("code", "name", "parent", "level")}
        sequence = await Places(tx).save(regions, row)
        if sequence is None:
            return Outcome.SAME
        event = RegionChanged(code=row["code"], parent=row["parent"], level=row["level"])
        await self._outbox.add(tx, event, subject=row["code"], sequence=sequence)
        await self._record(tx, "region.publish", row["code"], actor, row)
        return _outcome(sequence)

    async def department(
        self, tx: AsyncConnection, department: Mapping[str, Any], actor: str
    ) -> Outcome:
        """Publish a department."""
        row = {
            "code": department["code"],
            "name": department["name"],
            "short_name": department.get("short_name") or department["name"],
            "region": department["region"],
            "contact": {name: department.get(name) for name in _DEPARTMENT_FIELDS},
        }
        sequence = await Places(tx).save(departments, row)
        if sequence is None:
            return Outcome.SAME
        event = DepartmentChanged(code=row["code"], region=row["region"])
        await self._outbox.add(tx, event, subject=row["code"], sequence=sequence)
        await self._record(tx, "department.publish", row["code"], actor, row)
        return _outcome(sequence)

    async def item(self, tx: AsyncConnection, item: Mapping[str, Any], actor: str) -> Outcome:
        """Publish an item's new version, unless it is the present one to the letter."""
        code = str(item.get("code") or item["local_code"])
        digest = hashlib.sha256(rfc8785.dumps({**item, "version": 0})).hexdigest()
        store = Items(tx)
        old = await store.current(code)
        if old is not None and old.digest == digest and old.status == status_of(item):
            return Outcome.SAME
        version = max(int(item.get("version") or 1), old.version + 1 if old else 1)
        sequence = old.sequence + 1 if old else 1
        row = {
            "code": code,
            "base_code": item.get("base_code"),
            "local_code": item.get("local_code"),
            "department": item.get("department") or "",
            "region": item["region"],
            "status": status_of(item).value,
            "version": version,
            "digest": digest,
            "sequence": sequence,
            "changed_at": now(),
        }
        effective = _date(item.get("effective")) or today(self._timezone)
        full = {**item, "code": code, "version": version, "effective": effective.isoformat()}
        await store.save(row, full, effective)
        await store.index(code, _facets(item), await self._terms(tx, item))
        event = ItemPublished(
            **{name: row[name] for name in ("code", "version", "status", "department", "region")},
            effective=effective,
        )
        await self._outbox.add(tx, event, subject=code, sequence=sequence)
        facts = {"version": version, "digest": digest}
        await self._record(tx, "item.publish", code, actor, facts)
        return Outcome.CHANGED if old else Outcome.NEW

    async def withdraw(self, tx: AsyncConnection, code: str, actor: str) -> bool:
        """Take an item out of the catalogue; its versions stay for the cases that pinned them."""
        old = await Items(tx).current(code)
        if old is None or old.status == ItemStatus.WITHDRAWN:
            return False
        await Items(tx).withdraw(code, old.sequence + 1)
        event = ItemWithdrawn(code=code, version=old.version)
        await self._outbox.add(tx, event, subject=code, sequence=old.sequence + 1)
        await self._record(tx, "item.withdraw", code, actor, {"version": old.version})
        return True

    async def _terms(self, tx: AsyncConnection, item: Mapping[str, Any]) -> dict[str, float]:
        department = await Places(tx).department(item.get("department") or "")
        name = item.get("department_name") or (department.name if department else "")
        return item_terms(item, name, theme_names(item.get("themes") or []))

    async def _record(
        self, tx: AsyncConnection, act: str, subject: str, actor: str, facts: Mapping[str, Any]
    ) -> None:
        await self._evidence.record(tx, act=act, subject=subject, actor=actor, facts=facts)


def _outcome(sequence: int) -> Outcome:
    return Outcome.NEW if sequence == 1 else Outcome.CHANGED


def _facets(item: Mapping[str, Any]) -> list[tuple[str, str]]:
    audiences = [("audience", value) for value in dict.fromkeys(item.get("audience") or ())]
    return audiences + [("theme", value) for value in dict.fromkeys(item.get("themes") or ())]


def _date(value: object) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
