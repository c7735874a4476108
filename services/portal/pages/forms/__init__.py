"""JSON Schema 2020-12 to an accessible form and back: nested objects, rows, branches, origins."""

from services.portal.pages.forms.errors import find_errors
from services.portal.pages.forms.fields import Field, Kind, Look, lay_out
from services.portal.pages.forms.parse import parse
from services.portal.pages.forms.rows import add_row, remove_row
from services.portal.pages.forms.schema import active

__all__ = [
    "Field",
    "Kind",
    "Look",
    "active",
    "add_row",
    "find_errors",
    "lay_out",
    "parse",
    "remove_row",
]
