"""What the acts on a case take."""

from typing import Annotated, Any, Literal

import orjson
from pydantic import AfterValidator, Field, model_validator

from services.cases.domain import Channel, Ground, Outcome
from shared.web import Body

_ITEM_CODE = "^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$"
Words = Annotated[str, Field(max_length=4000)]
Needed = Annotated[str, Field(min_length=1, max_length=4000)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=200)]


def _storable(form: dict[str, Any]) -> dict[str, Any]:
    """Half a character and endless numbers are legal JSON text, and nothing that can be kept."""
    try:
        orjson.dumps(form)
    except TypeError:
        raise ValueError("holds broken characters, or a number beyond 64 bits") from None
    return form


Form = Annotated[
    dict[str, Any], AfterValidator(_storable), Field(description="the values by field name")
]


class PrefilledIn(Body):
    """The exchange's call that a value was filled in from."""

    call: Annotated[str, Field(pattern=r"^cal_[0-9a-z_]{1,60}$")]


Provenance = Annotated[
    dict[str, PrefilledIn],
    Field(max_length=200, description="by field; the source is asked anew when it is submitted"),
]
# The other channels are ways in through somebody's desk or system, never the applicant's own.
OwnChannel = Literal[Channel.WEB, Channel.MOBILE, Channel.KIOSK]


class StartIn(Body):
    """A new case. Values that a source vouches for are asked for again when it is submitted."""

    item: Annotated[str, Field(pattern=_ITEM_CODE, description="any code of the item")]
    form: Form = Field(default_factory=dict)
    channel: OwnChannel = Channel.WEB
    status: Literal["draft", "submitted"] = "draft"
    provenance: Provenance = Field(default_factory=dict)


class FormIn(Body):
    """The whole form of a draft."""

    form: Form
    provenance: Provenance = Field(default_factory=dict)


class NoteIn(Body):
    """Words that go with an act, if any."""

    note: Words = ""


class RefuseIn(Body):
    """Why an application is not accepted (不予受理)."""

    ground: Literal["not_needed", "not_our_power", "not_eligible"]
    reasons: Needed
    remedies: Annotated[Needed, Field(description="复议、诉讼的权利和期限")]
    referral: Annotated[
        str | None, Field(pattern="^[0-9A-Z]{18}$", description="the department to turn to")
    ] = None

    @model_validator(mode="after")
    def _says_where_to_turn(self) -> "RefuseIn":
        if self.ground == "not_our_power" and not self.referral:
            raise ValueError("say in `referral` which department to turn to (Art. 32)")
        return self


class RequestCorrectionIn(Body):
    """Everything that has to be corrected, told at once (一次性告知)."""

    fields: Names = Field(default_factory=list)
    materials: Names = Field(default_factory=list)
    reasons: Needed


class CorrectIn(Body):
    """The corrected fields only."""

    form: Form = Field(default_factory=dict)
    note: Annotated[
        Words, Field(description="how the materials come; needed when the notice asks for any")
    ] = ""


class SuspendIn(Body):
    """A special procedure of Art. 45, and the working days it needs."""

    ground: Ground
    days: Annotated[int, Field(ge=1, le=250)]
    reasons: Needed


class ExtendIn(Body):
    """An extension of the term, approved by who sends it (Art. 42)."""

    days: Annotated[int, Field(ge=1, le=10)]
    reasons: Needed


class DecideIn(Body):
    """A decision; a refusal gives reasons and names the remedies (Art. 38)."""

    outcome: Outcome
    result: Words = ""
    reasons: Words = ""
    remedies: Words = ""

    @model_validator(mode="after")
    def _explains_a_refusal(self) -> "DecideIn":
        if self.outcome is Outcome.REFUSED and not (self.reasons and self.remedies):
            raise ValueError("a refusal needs `reasons` and `remedies` (Art. 38)")
        return self


class DeliverIn(Body):
    """How the decision reached the applicant."""

    means: Literal["window", "post", "electronic"]
    note: Words = ""


class WithdrawIn(Body):
    """Why the applicant withdraws, if he says so."""

    reasons: Words = ""


def calls_of(provenance: dict[str, PrefilledIn]) -> dict[str, str]:
    """The call by field."""
    return {name: prefilled.call for name, prefilled in provenance.items()}
