from pathlib import Path

import pytest

from shared.db import Database
from shared.evidence import CheckpointSigner
from tests.support.ledger import ORIGIN, Ledger, open_ledger


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.create(tmp_path / "evidence.key", ORIGIN)


@pytest.fixture
async def ledger(database: Database, signer: CheckpointSigner) -> Ledger:
    return await open_ledger(database, signer)
