"""What the catalogue's API answers."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.catalogue.domain import theme_names
from services.catalogue.queries import Found


class DepartmentRef(BaseModel):
    """A department by code and name; a listed item may know only the name."""

    code: str | None = Field(description="18 characters (GB 32100)")
    name: str


class Promise(BaseModel):
    """Working days until the result is promised, and what the law allows at most."""

    days: int
    statutory_days: int | None = None
    unit: str = "working-day"


class Why(BaseModel):
    """What in the item matched the words."""

    field: str = Field(description="name, keyword or summary")
    text: str


class ItemSummary(BaseModel):
    """An item in a list."""

    code: str = Field(description="implementing code (实施编码), 31 characters, or a local code")
    base_code: str | None = None
    local_code: str | None = None
    name: str
    summary: str | None = None
    department: DepartmentRef
    region: str = Field(description="12 digits")
    audience: list[str] = Field(description="1 natural person … 6 (GB/T 39046 A.4)")
    themes: list[str]
    theme_names: list[str]
    online_depth: int | None = Field(description="1 to 4; 4: no visit at all")
    visits: int | None = None
    promise: Promise | None
    status: str = Field(description="published, listed (no guide: linked out) or suspended")
    version: int
    link: str | None = None
    why: Why | None = None


class ItemDetail(ItemSummary):
    """An item with its guide (办事指南)."""

    effective: date
    item_type: str | None = None
    use_level: str | None = None
    project_type: str | None = None
    real_name_level: int = 1
    separate_decision: bool = Field(
        False, description="who accepts a case of it does not decide it (审受分离)"
    )
    visits_reason: str | None = None
    keywords: list[str] = []
    fee: dict[str, Any] | None = None
    result: dict[str, Any] | None = None
    guide: dict[str, Any] | None = None
    materials: list[dict[str, Any]] = []
    has_form: bool = False
    department_contact: dict[str, Any] = {}


class ItemVersion(BaseModel):
    """One version of an item, as it stays for ever: what a case pins."""

    code: str
    version: int
    effective: date
    status: str
    item: dict[str, Any]


class Withdrawn(BaseModel):
    """An item that cannot be applied for any more."""

    code: str
    status: Literal["withdrawn"] = "withdrawn"


class Region(BaseModel):
    """A region (行政区划)."""

    code: str
    name: str
    parent: str | None
    level: str


class Department(BaseModel):
    """A department (实施主体)."""

    code: str
    name: str
    short_name: str
    region: str
    contact: dict[str, Any]


def summary(found: Found) -> ItemSummary:
    """A found item as a row of a list."""
    return ItemSummary(**_common(found.row), why=Why(**found.why) if found.why else None)


def detail(row: Any) -> ItemDetail:
    """An item with everything that its guide says."""
    item = row.item
    taken = ("item_type", "use_level", "project_type", "visits_reason", "fee", "result", "guide")
    return ItemDetail(
        **_common(row),
        **{name: item.get(name) for name in taken},
        effective=row.effective,
        real_name_level=item.get("real_name_level", 1),
        separate_decision=bool(item.get("separate_decision")),
        keywords=item.get("keywords") or [],
        materials=item.get("materials") or [],
        has_form=bool(item.get("form")),
        department_contact=row.contact or {},
    )


def _common(row: Any) -> dict[str, Any]:
    item = row.item
    taken = ("name", "summary", "online_depth", "visits", "link")
    return {
        **{name: item.get(name) for name in taken},
        "code": row.code,
        "base_code": row.base_code,
        "local_code": row.local_code,
        "department": {
            "code": row.department or None,
            "name": item.get("department_name") or row.department_name or "",
        },
        "region": row.region,
        "audience": item.get("audience") or [],
        "themes": item.get("themes") or [],
        "theme_names": theme_names(item.get("themes") or []),
        "promise": _promise(item),
        "status": row.status,
        "version": row.version,
    }


def _promise(item: dict[str, Any]) -> dict[str, Any] | None:
    if item.get("promise_days") is None:
        return None
    return {"days": item["promise_days"], "statutory_days": item.get("statutory_days")}
