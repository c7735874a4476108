"""Nothing personal is stored, whatever a sender sends: known attributes only, and those masked."""

from services.traces.commands.scrubbing.spans import Scrubbing

__all__ = ["Scrubbing"]
