"""What an item of public service is, and when it is right."""

from services.catalogue.domain.codes import (
    BASE_CODE_LENGTH,
    IMPLEMENTING_CODE_LENGTH,
    full_region,
    is_department_code,
    is_region_code,
)
from services.catalogue.domain.items import Flaw, ItemStatus, flaws, status_of
from services.catalogue.domain.themes import theme_names

__all__ = [
    "BASE_CODE_LENGTH",
    "IMPLEMENTING_CODE_LENGTH",
    "Flaw",
    "ItemStatus",
    "flaws",
    "full_region",
    "is_department_code",
    "is_region_code",
    "status_of",
    "theme_names",
]
