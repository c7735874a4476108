"""Loading a file: idempotent, whole or not at all, and never over what an officer decided."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.exchange.commands.load import BadFile, Loaded, load
from tests.support.exchange import DEMO, Exchange


async def test_loading_again_changes_nothing(exchange_everywhere: Exchange) -> None:
    exchange = exchange_everywhere
    before = (await exchange.rows("resources"), await exchange.rows("permits"))
    url = before[0][0].definition["connector"]["url"]
    runtime = exchange.app.state.runtime
    assert await load(runtime, DEMO / "exchange.json", connector_url=url) == Loaded(0, 0)
    assert (await exchange.rows("resources"), await exchange.rows("permits")) == before
    assert len(before[0]) == 4


async def test_what_was_revoked_stays_revoked(exchange: Exchange) -> None:
    owner = exchange.officer("11990100MB2865569R")
    permits = await exchange.http.get("/v1/permits", params={"limit": 1}, headers=owner)
    permit = permits.json()["items"][0]["id"]
    body = {"ground": "停用"}
    await exchange.http.post(f"/v1/permits/{permit}/revoke", json=body, headers=owner)
    loaded = await load(exchange.app.state.runtime, DEMO / "exchange.json")
    assert loaded.permits == 0
    assert [row.id for row in await exchange.rows("permits") if row.revoked] == [permit]


async def test_a_socket_is_found_from_any_folder(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    await load(exchange.app.state.runtime, DEMO / "exchange.json")
    urls = {row.definition["connector"]["url"] for row in await exchange.rows("resources")}
    assert urls == {f"unix:{tmp_path}/var/run/department.sock"}


async def test_a_wrong_file_changes_nothing_and_names_each_mistake(
    exchange: Exchange, tmp_path: Path
) -> None:
    document = json.loads((DEMO / "exchange.json").read_text())
    file = tmp_path / "wrong.json"
    before = await exchange.rows("permits")
    document["resources"][1]["owner"] = "nobody"
    document["permits"][4]["purposes"] = []
    told = await _refused(exchange, file, document)
    assert "resources[2].owner" in told
    assert "permits[5].purposes" in told
    other: Any
    for other in ([], {"resource": []}, {"resources": {}}, {"permits": [_stray(document)]}):
        assert await _refused(exchange, file, other)
    file.write_text("{")
    with pytest.raises(BadFile, match="not JSON"):
        await load(exchange.app.state.runtime, file)
    with pytest.raises(BadFile, match="No such file"):
        await load(exchange.app.state.runtime, tmp_path / "nowhere.json")
    assert await exchange.rows("permits") == before


def _stray(document: dict[str, Any]) -> dict[str, Any]:
    return {**document["permits"][0], "resource": "a/b"}


async def _refused(exchange: Exchange, file: Path, document: Any) -> str:
    file.write_text(json.dumps(document))  # noqa: ASYNC240 - a small file of the test
    with pytest.raises(BadFile) as refused:
        await load(exchange.app.state.runtime, file)
    return str(refused.value)
