from datetime import timedelta

from prometheus_client import CollectorRegistry

from shared import clock
from shared.evidence import EvidenceWatch
from tests.support.ledger import Ledger


async def oldest(ledger: Ledger) -> float:
    """What the gauge says."""
    registry = CollectorRegistry()
    await EvidenceWatch(ledger.db, ledger.tables, registry).look()
    value = registry.get_sample_value("evidence_oldest_seconds")
    assert value is not None
    return value


async def test_the_oldest_act_that_waits_for_its_checkpoint_tells_its_age(ledger: Ledger) -> None:
    assert await oldest(ledger) == 0
    await ledger.act(2)
    later = clock.now() + timedelta(minutes=10)
    with clock.at(later):
        assert 599 < await oldest(ledger) < 602
    await ledger.sealer.seal_once()
    assert await oldest(ledger) == 0
