"""One marker person goes through everything; the name and the numbers stay where they belong."""

from pathlib import Path

import pytest

from tests.support.exchange import (
    CASE,
    CERTIFICATE,
    NAME,
    NUMBER,
    SHOP,
    SHOP_CODE,
    Exchange,
    case_event,
)

SECRETS = (NAME, NUMBER, SHOP_CODE, "李沐禾", "A990001286", "汉族", "陈国栋")


async def test_no_name_and_no_number_is_in_events_logs_evidence_or_rows(
    exchange_everywhere: Exchange, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    exchange = exchange_everywhere
    await exchange.publish(case_event("case_submitted"))
    told = [
        await exchange.ask(case=CASE),
        await exchange.ask(CERTIFICATE, fields=None),
        await exchange.ask(
            "/v1/resources/market.enterprise/query",
            exchange.citizen(acting_for=SHOP),
            key={"organisation": SHOP},
            item="11990102MB3651976H4000131006001",
            fields=["legal_representative"],
        ),
    ]
    assert [answer.status_code for answer in told] == [200, 200, 200]
    assert "李沐禾" in told[1].text
    assert "陈国栋" in told[2].text
    exchange.down_file.touch()
    await exchange.ask(case=CASE)
    await exchange.ask(item=None)
    exchange.identity.down = True
    await exchange.ask()
    last = max(row.id for row in await exchange.rows("calls"))
    await exchange.follow("11990100MB2865569R", "tongban.exchange.data_called.v1", subject=last)
    stored = [
        str(row)
        for table in exchange.tables
        if table != "answers"
        for row in await exchange.rows(table)
    ]
    bus = _bytes(tmp_path)
    logs = "".join(capfd.readouterr())
    assert "no usable answer" in logs
    for secret in SECRETS:
        assert not [row for row in stored if secret in row or repr(secret.encode())[2:-1] in row]
        assert secret.encode() not in bus
        assert secret not in logs
    sealed = b"".join(row.sealed for row in await exchange.rows("answers"))
    assert not [secret for secret in SECRETS if secret.encode() in sealed]


def _bytes(folder: Path) -> bytes:
    """All that the event log has written."""
    return b"".join(path.read_bytes() for path in folder.glob("events.db*"))
