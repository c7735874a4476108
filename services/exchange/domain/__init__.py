"""The rules of exchange: resources, permits, and what a source may answer."""

from services.exchange.domain.asking import Asked, Case, Consumer, Outcome, Party
from services.exchange.domain.fields import Field, Unfit, fit
from services.exchange.domain.permit import (
    BASE_CODE_LENGTH,
    CODE_LENGTH,
    EVERY_ITEM,
    THEMSELVES,
    Permit,
    Refusal,
    choose,
    item_codes,
)
from services.exchange.domain.resource import Connector, Resource, Sharing

__all__ = [
    "BASE_CODE_LENGTH",
    "CODE_LENGTH",
    "EVERY_ITEM",
    "THEMSELVES",
    "Asked",
    "Case",
    "Connector",
    "Consumer",
    "Field",
    "Outcome",
    "Party",
    "Permit",
    "Refusal",
    "Resource",
    "Sharing",
    "Unfit",
    "choose",
    "fit",
    "item_codes",
]
