"""Asking the sources before the transaction begins; whoever is silent stops nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.cases.clients import Exchange, Identity, NoSuchThing, NotPermitted, Unreachable
from services.cases.commands.branches import asked_fields
from services.cases.commands.settling import IDENTITY, Gathered, Vouched
from services.cases.domain.item import PinnedItem, authoritative

_REASONS: Mapping[type[Unreachable], str] = {
    NoSuchThing: "no_record",
    NotPermitted: "no_permit",
    Unreachable: "source_unavailable",
}


@dataclass(frozen=True, slots=True)
class Applicant:
    """For whom the case is, and who acts for him."""

    type: str
    id: str
    agent: str


class Sources:
    """Identity and the departments' sources behind the exchange."""

    def __init__(self, identity: Identity, exchange: Exchange) -> None:
        self._identity = identity
        self._exchange = exchange

    async def gather(
        self,
        item: PinnedItem,
        form: Mapping[str, Any],
        applicant: Applicant,
        number: str,
        token: str,
    ) -> Gathered:
        """The authoritative values of the fields that are asked, and who the applicant is."""
        snapshot, silence = await self.identify(applicant, number)
        values = _identity_values(applicant, snapshot)
        silent = {IDENTITY: silence} if silence else {}
        resources: dict[str, list[str]] = defaultdict(list)
        for source, field in authoritative(asked_fields(item, form)).values():
            if source != IDENTITY:
                resources[source].append(field)
        asked = [self._ask(r, f, item, applicant, number, token) for r, f in resources.items()]
        for resource, found, reason in await asyncio.gather(*asked):
            values |= found
            if reason:
                silent[resource] = reason
        return Gathered(values, silent, snapshot)

    async def identify(
        self, applicant: Applicant, number: str
    ) -> tuple[dict[str, Any] | None, str | None]:
        """Who applied, and who acted for him; or the reason why that is not known yet."""
        try:
            snapshot = {
                "applicant": await self._identity.party(applicant.type, applicant.id, number)
            }
            if applicant.agent != applicant.id:
                snapshot["agent"] = await self._identity.party("person", applicant.agent, number)
        except Unreachable as error:
            return None, _REASONS[type(error)]
        return snapshot, None

    async def _ask(
        self,
        resource: str,
        fields: list[str],
        item: PinnedItem,
        applicant: Applicant,
        number: str,
        token: str,
    ) -> tuple[str, dict[tuple[str, str], Vouched], str | None]:
        key = {"organisation" if applicant.type == "org" else "person": applicant.id}
        try:
            answer = await self._exchange.query(
                token, resource, key=key, item=item.code, case=number, fields=sorted(set(fields))
            )
        except Unreachable as error:
            return resource, {}, _REASONS[type(error)]
        found = {
            (resource, field): Vouched(answer.values[field], answer.call, answer.as_of)
            for field in fields
            if answer.values.get(field) is not None
        }
        return resource, found, None


def identity_values(applicant: Applicant, snapshot: dict[str, Any]) -> Gathered:
    """What a late answer of identity vouches for."""
    return Gathered(_identity_values(applicant, snapshot), {}, snapshot)


def _identity_values(
    applicant: Applicant, snapshot: dict[str, Any] | None
) -> dict[tuple[str, str], Vouched]:
    if snapshot is None:
        return {}
    # A form of an organisation asks for the name of who acts for it, beside its own.
    known = {**snapshot.get("agent", {}), **snapshot["applicant"]}
    if applicant.type == "person":
        known = snapshot["applicant"]
    return {(IDENTITY, field): Vouched(value) for field, value in known.items() if value}
