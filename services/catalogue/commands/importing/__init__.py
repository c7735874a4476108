"""Import item lists as departments have them: CSV, Excel or JSON, by a mapping file.

file ─ readers ─▶ rows ─ mapping ─▶ items ─ checks ─▶ published, or a line in the report
"""

from services.catalogue.commands.importing.errors import ImportFailed
from services.catalogue.commands.importing.mapping import Mapping
from services.catalogue.commands.importing.report import Report, Trouble
from services.catalogue.commands.importing.run import Import

__all__ = ["Import", "ImportFailed", "Mapping", "Report", "Trouble"]
