"""What operators see and decide at every service: its queues and its dead letters."""

from shared.operations.api import router
from shared.operations.core import Operations
from shared.operations.decisions import Decisions

__all__ = ["Decisions", "Operations", "router"]
