"""The commands of cases: one transaction each; the edge commits."""

from services.cases.commands.asking import Asking
from services.cases.commands.office import Office
from services.cases.commands.receipt import Receipt

__all__ = ["Asking", "Office", "Receipt"]
