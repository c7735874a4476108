"""The command line that every service has: `python -m services.<name> …`."""

from shared.cli.errors import Refused
from shared.cli.operator import operator
from shared.cli.service import service_cli

__all__ = ["Refused", "operator", "service_cli"]
