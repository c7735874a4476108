"""What a service stands on: its settings, keys, shared tables, and all that runs beside it."""

from shared.service.mechanisms import Mechanisms
from shared.service.runtime import Runtime, caller_of
from shared.service.settings import KeyFiles, ServiceSettings

__all__ = ["KeyFiles", "Mechanisms", "Runtime", "ServiceSettings", "caller_of"]
