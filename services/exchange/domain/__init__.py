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
from services.exchange.domain.signature import SECRET_BYTES, secret_of, signed
from services.exchange.domain.subscription import (
    Facts,
    Pause,
    Status,
    Wants,
    facts_of,
    status_of,
)

__all__ = [
    "BASE_CODE_LENGTH",
    "CODE_LENGTH",
    "EVERY_ITEM",
    "SECRET_BYTES",
    "THEMSELVES",
    "Asked",
    "Case",
    "Connector",
    "Consumer",
    "Facts",
    "Field",
    "Outcome",
    "Party",
    "Pause",
    "Permit",
    "Refusal",
    "Resource",
    "Sharing",
    "Status",
    "Unfit",
    "Wants",
    "choose",
    "facts_of",
    "fit",
    "item_codes",
    "secret_of",
    "signed",
    "status_of",
]
