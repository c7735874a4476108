"""What may be done to the catalogue. Each command is one transaction."""

from services.catalogue.commands.publish import Outcome, Publishing

__all__ = ["Outcome", "Publishing"]
