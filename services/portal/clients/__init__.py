"""What the portal asks of the platform: everything through the gateway, as anybody would."""

from services.portal.clients.cases import Cases
from services.portal.clients.catalogue import Catalogue
from services.portal.clients.exchange import Exchange
from services.portal.clients.gateway import (
    Away,
    Json,
    MakeClient,
    NotThere,
    Refused,
    TokenRefused,
    Trouble,
)
from services.portal.clients.identity import Identity
from services.portal.clients.operations import Operations
from services.portal.clients.provider import BadLogin, Ended, Provider, TokenSet
from services.portal.clients.traces import NoTraceStore, Traces

__all__ = [
    "Away",
    "BadLogin",
    "Cases",
    "Catalogue",
    "Ended",
    "Exchange",
    "Identity",
    "Json",
    "MakeClient",
    "NoTraceStore",
    "NotThere",
    "Operations",
    "Provider",
    "Refused",
    "TokenRefused",
    "TokenSet",
    "Traces",
    "Trouble",
]
