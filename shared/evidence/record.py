"""Evidence of an act, written in the act's own transaction: no chain, no position, no waiting."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.clock import now, rfc3339
from shared.evidence.errors import Unrecordable
from shared.evidence.tables import EvidenceTables
from shared.evidence.verify import HASH_BYTES, commitment, leaf_hash
from shared.ids import new_id


@dataclass(frozen=True, slots=True)
class Prepared:
    """One act's evidence, ready to be written with the other rows of its transaction."""

    id: str
    row: dict[str, Any]
    salts: list[dict[str, Any]]


class Evidence:
    """Writes what was done, to what and by whom; `service` names the log in each row."""

    def __init__(self, tables: EvidenceTables, service: str) -> None:
        self._tables = tables
        self._service = service

    async def record(
        self,
        tx: AsyncConnection,
        *,
        act: str,
        subject: str,
        actor: str | Mapping[str, Any],
        facts: Mapping[str, Any] | None = None,
        personal: Mapping[str, str] | None = None,
        person: str | None = None,
    ) -> str:
        """Write the evidence and give its id; when it cannot be written, the act must fail."""
        prepared = self.prepare(
            act=act, subject=subject, actor=actor, facts=facts, personal=personal, person=person
        )
        await self.write(tx, [prepared])
        return prepared.id

    def prepare(
        self,
        *,
        act: str,
        subject: str,
        actor: str | Mapping[str, Any],
        facts: Mapping[str, Any] | None = None,
        personal: Mapping[str, str] | None = None,
        person: str | None = None,
    ) -> Prepared:
        """The rows of one act. Of `personal` values only salted commitments are kept.

        `person` is the opaque id of whom they belong to; `forget` finds the salts by it.
        """
        if personal and not person:
            raise Unrecordable(f"evidence of {act}: say whose the personal values are (person=…)")
        row_id = new_id("evd")
        salts = {name: secrets.token_bytes(HASH_BYTES) for name in personal or {}}
        row = _canonical(
            {
                "id": row_id,
                "at": rfc3339(now()),
                "service": self._service,
                "act": act,
                "subject": subject,
                "actor": actor,
                "facts": facts or {},
                "personal": {
                    name: commitment(salts[name], name, value)
                    for name, value in (personal or {}).items()
                },
            }
        )
        return Prepared(
            row_id,
            {"id": row_id, "leaf": leaf_hash(row), "row": row.decode()},
            [
                {"row_id": row_id, "name": name, "person": person, "salt": salt}
                for name, salt in salts.items()
            ],
        )

    async def write(self, tx: AsyncConnection, acts: Sequence[Prepared]) -> None:
        """Write the evidence of several acts that are committed together."""
        await tx.execute(insert(self._tables.rows), [one.row for one in acts])
        if salts := [salt for one in acts for salt in one.salts]:
            await tx.execute(insert(self._tables.salts), salts)

    async def opens(self, connection: AsyncConnection, row_id: str, name: str, value: str) -> bool:
        """Whether this is the value that was committed to; False once it was forgotten."""
        rows, salts = self._tables.rows, self._tables.salts
        found = (
            await connection.execute(
                select(rows.c.row, salts.c.salt)
                .join(salts, salts.c.row_id == rows.c.id)
                .where(rows.c.id == row_id, salts.c.name == name)
            )
        ).first()
        return found is not None and f'"{commitment(found.salt, name, value)}"' in found.row

    async def forget(self, tx: AsyncConnection, person: str) -> int:
        """Delete a person's salts: the rows stay provable, and their commitments say nothing."""
        salts = self._tables.salts
        return (await tx.execute(delete(salts).where(salts.c.person == person))).rowcount


def _canonical(row: Mapping[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(row)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise Unrecordable(f"evidence of {row['act']}: {error}") from error
