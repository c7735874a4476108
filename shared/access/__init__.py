"""Who read what of whom, for what purpose and on what basis; the person can see it."""

from shared.access.log import Access, AccessLog, Reader, Unexplained
from shared.access.tables import access_table

__all__ = ["Access", "AccessLog", "Reader", "Unexplained", "access_table"]
