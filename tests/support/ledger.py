"""One service's evidence with all that works on it, for the tests of any part."""

from dataclasses import dataclass

from sqlalchemy import MetaData, Table

from shared.db import Database
from shared.evidence import (
    Checkpoint,
    CheckpointSigner,
    Evidence,
    EvidenceLog,
    EvidenceTables,
    Sealer,
    evidence_tables,
    witness_table,
)

ORIGIN = "gov.example/evidence/cases"


@dataclass
class Ledger:
    """One service's evidence on one database."""

    db: Database
    tables: EvidenceTables
    witnessed: Table
    evidence: Evidence
    log: EvidenceLog
    signer: CheckpointSigner
    sealer: Sealer

    async def act(self, count: int = 1) -> list[str]:
        """Record so many acts in one transaction."""
        async with self.db.write() as tx:
            return [
                await self.evidence.record(
                    tx, act="accept", subject=f"case {n}", actor="stf_1", facts={"n": n}
                )
                for n in range(count)
            ]

    async def seal(self, count: int) -> Checkpoint:
        """Record so many acts and seal them."""
        await self.act(count)
        checkpoint = await self.sealer.seal_once()
        assert checkpoint is not None
        return checkpoint

    async def exported(self) -> list[str]:
        return [line async for line in self.log.export(self.db)]

    async def notes(self, after: int = 0) -> list[str]:
        return [note async for note in self.log.checkpoints(self.db, after)]


async def open_ledger(db: Database, signer: CheckpointSigner) -> Ledger:
    """Make the tables on an empty database."""
    metadata = MetaData()
    tables, witnessed = evidence_tables(metadata), witness_table(metadata)
    async with db.write() as tx:
        await tx.run_sync(metadata.create_all)
    evidence, log = Evidence(tables, "cases"), EvidenceLog(tables)
    return Ledger(db, tables, witnessed, evidence, log, signer, Sealer(db, tables, signer))
