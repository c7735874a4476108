"""What exchange does: ask sources, publish resources, grant permits, deliver events."""

from services.exchange.commands.ask import Asking, Given
from services.exchange.commands.definitions import PermitIn, ResourceIn
from services.exchange.commands.deliver import Deliverer, Sender
from services.exchange.commands.grant import Granting
from services.exchange.commands.journal import Journal
from services.exchange.commands.load import BadFile, Loaded, load
from services.exchange.commands.outcomes import Outcomes, Terms
from services.exchange.commands.publish import Publishing
from services.exchange.commands.queueing import queue_event
from services.exchange.commands.reread import Reread
from services.exchange.commands.retention import Retention
from services.exchange.commands.subscribing import Owner, Subscribing, present

__all__ = [
    "Asking",
    "BadFile",
    "Deliverer",
    "Given",
    "Granting",
    "Journal",
    "Loaded",
    "Outcomes",
    "Owner",
    "PermitIn",
    "Publishing",
    "Reread",
    "ResourceIn",
    "Retention",
    "Sender",
    "Subscribing",
    "Terms",
    "load",
    "present",
    "queue_event",
]
