"""What exchange does: ask sources, publish resources, grant and revoke permits, load a file."""

from services.exchange.commands.ask import Asking, Given
from services.exchange.commands.definitions import PermitIn, ResourceIn
from services.exchange.commands.grant import Granting
from services.exchange.commands.journal import Journal
from services.exchange.commands.load import BadFile, Loaded, load
from services.exchange.commands.publish import Publishing
from services.exchange.commands.reread import Reread
from services.exchange.commands.retention import Retention

__all__ = [
    "Asking",
    "BadFile",
    "Given",
    "Granting",
    "Journal",
    "Loaded",
    "PermitIn",
    "Publishing",
    "Reread",
    "ResourceIn",
    "Retention",
    "load",
]
