"""What is known already, so that nobody types it again; a silent source stops nothing."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.portal.clients import Exchange, Identity, Json, NotThere, Refused, Trouble
from services.portal.domain.provenance import Origin, Trust

IDENTITY = "identity"
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field of a form that a source can give."""

    name: str
    resource: str
    key: str
    trust: Trust


@dataclass(slots=True)
class Known:
    """The values that were found, and the origin of each field that a source was asked for."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    down: list[str] = field(default_factory=list)

    def silent(self, asked: Iterable[Wanted], resource: str, reason: str) -> None:
        """A source gave nothing: its fields are typed by the person."""
        for one in asked:
            self.origins[one.name] = Origin(Trust.SELF_DECLARED, resource, reason=reason)


class Prefill:
    """Asks identity's answer and the departments' sources for the fields of a form."""

    def __init__(self, identity: Identity, exchange: Exchange) -> None:
        self._identity = identity
        self._exchange = exchange

    async def __call__(self, token: str, item: str, schema: Json, key: dict[str, str]) -> Known:
        """The values for the fields that say where they can be had; `key`: whose they are."""
        known = Known()
        by_resource: dict[str, list[Wanted]] = defaultdict(list)
        for wanted in wanted_fields(schema):
            by_resource[wanted.resource].append(wanted)
        about_me = by_resource.pop(IDENTITY, [])
        await asyncio.gather(
            self._ask_identity(known, token, item, about_me),
            *(self._ask(known, token, item, key, r, w) for r, w in by_resource.items()),
        )
        return known

    async def _ask_identity(
        self, known: Known, token: str, item: str, wanted: list[Wanted]
    ) -> None:
        if not wanted:
            return
        try:
            me = await self._identity.for_form(token, item)
            if (me.get("acting_for") or {}).get("type") == "person":
                me = await self._identity.principal_for_form(token, item)
        except Trouble:
            known.down.append(IDENTITY)
            known.silent(wanted, IDENTITY, "source_unavailable")
        else:
            _take(known, wanted, about(me), Origin(Trust.SUGGESTED, IDENTITY))

    async def _ask(
        self,
        known: Known,
        token: str,
        item: str,
        key: dict[str, str],
        resource: str,
        wanted: list[Wanted],
    ) -> None:
        fields = sorted({one.key for one in wanted})
        try:
            answer = await self._exchange.query(token, resource, key=key, item=item, fields=fields)
            source = answer["source"]
            values = dict(answer["values"])
        except NotThere:
            known.silent(wanted, resource, "no_record")
        except Refused:
            known.silent(wanted, resource, "no_permit")
        except (Trouble, KeyError, TypeError, ValueError):
            known.down.append(resource)
            known.silent(wanted, resource, "source_unavailable")
        else:
            _take(known, wanted, values, _origin(resource, source))


def wanted_fields(schema: Mapping[str, Any], depth: int = 0) -> Iterator[Wanted]:
    """The top-level fields with `x-prefill`, those of branches too."""
    for name, part in schema.get("properties", {}).items():
        source = part.get("x-prefill")
        if source:
            trust = Trust(source.get("trust", Trust.SUGGESTED))
            yield Wanted(name, source["source"], source["field"], trust)
    if depth < _DEEPEST:
        for branch in (*schema.get("allOf", ()), schema.get("then"), schema.get("else")):
            if isinstance(branch, dict):
                yield from wanted_fields(branch, depth + 1)


def about(me: Json) -> Json:
    """What identity knows, by the names that forms use."""
    organisation = me.get("acting_for") or {}
    return {
        "name": me.get("name"),
        "id_number": me.get("id_number"),
        "phone": me.get("phone"),
        "org_name": organisation.get("name"),
        "org_code": organisation.get("code"),
    }


def whose_data(me: Json) -> dict[str, str]:
    """The key under which sources are asked: the one for whom the person acts."""
    acting_for = me.get("acting_for") or {}
    if str(acting_for.get("id", "")).startswith("org_"):
        return {"organisation": acting_for["id"]}
    return {"person": str(acting_for.get("id") or me.get("id", ""))}


def _take(known: Known, wanted: Iterable[Wanted], values: Json, origin: Origin) -> None:
    for one in wanted:
        value = values.get(one.key)
        if value in (None, "") or (one.trust is Trust.SUGGESTED and "*" in str(value)):
            known.silent([one], one.resource, "no_value")
            continue
        known.values[one.name] = value
        known.origins[one.name] = Origin(
            one.trust, origin.resource, origin.owner, origin.as_of, origin.basis, origin.call
        )


def _origin(resource: str, source: Json) -> Origin:
    owner = source.get("owner", "")
    return Origin(
        Trust.SUGGESTED,
        resource,
        str(owner.get("name", "") if isinstance(owner, dict) else owner),
        str(source.get("as_of", "")),
        str(source.get("basis", "")),
        str(source.get("call", "")),
    )
