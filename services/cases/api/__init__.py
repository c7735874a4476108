"""The HTTP side of cases."""

from services.cases.api import applicant, department, lists, reading

ROUTERS = (lists.router, applicant.router, department.router, reading.router)

__all__ = ["ROUTERS"]
