"""What the catalogue tells: items that came or went, departments and regions that changed."""

from datetime import date
from typing import ClassVar

from shared.events import Event

SOURCE = "/services/catalogue"


class ItemPublished(Event):
    """A version of an item is in force from a date; its text is at the versions resource."""

    TYPE: ClassVar[str] = "tongban.catalogue.item_published.v1"

    code: str
    version: int
    effective: date
    status: str
    department: str
    region: str


class ItemWithdrawn(Event):
    """An item can no longer be applied for."""

    TYPE: ClassVar[str] = "tongban.catalogue.item_withdrawn.v1"

    code: str
    version: int


class DepartmentChanged(Event):
    """A department came or changed; its name is public."""

    TYPE: ClassVar[str] = "tongban.catalogue.department_changed.v1"

    code: str
    region: str


class RegionChanged(Event):
    """A region came or changed."""

    TYPE: ClassVar[str] = "tongban.catalogue.region_changed.v1"

    code: str
    parent: str | None
    level: str
