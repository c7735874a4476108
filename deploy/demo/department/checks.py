"""The population's register as those who prove people ask it: yes or no, and never a record."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from deploy.demo.department.registers import Register

REGISTER = "population.identity"
_FIELDS = ("name", "card", "guardians")


class About(BaseModel):
    """What somebody says of a person."""

    name: str = Field(max_length=100)
    id_number: str = Field(max_length=30)
    card: str | None = Field(None, max_length=30)


class Check(BaseModel):
    """The question: whether these facts are one person's, or one is the other's guardian."""

    id: str = Field(max_length=64)
    kind: Literal["facts", "guardian"]
    subject: About
    guardian: About | None = None


def answer(registers: dict[str, Register], asked: Check) -> dict[str, Any]:
    """Yes or no, with our number for the question."""
    register = registers[REGISTER]
    match = _is(register, asked.subject)
    if asked.kind == "guardian":
        row = register.find(asked.subject.id_number, _FIELDS) or {}
        guardian = asked.guardian
        match = (
            match
            and guardian is not None
            and _is(register, guardian)
            and guardian.id_number in row.get("guardians", ())
        )
    return {"match": match, "reference": f"demo-{asked.id}"}


def _is(register: Register, about: About) -> bool:
    row = register.find(about.id_number, _FIELDS)
    if row is None or row["name"] != about.name:
        return False
    return about.card is None or row.get("card") == about.card
