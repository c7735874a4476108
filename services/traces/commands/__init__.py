"""What changes the store: taking spans in, forgetting old traces, writing down who looked."""

from services.traces.commands.intake import Intake, QueueFull
from services.traces.commands.look_up import LookUps
from services.traces.commands.retention import Retention
from services.traces.commands.scrubbing import Scrubbing

__all__ = ["Intake", "LookUps", "QueueFull", "Retention", "Scrubbing"]
