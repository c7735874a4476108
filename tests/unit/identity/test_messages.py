"""Messages to people: the port holds on each way out, and nothing of a message is in the log."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.clients.messages import (
    FileMessages,
    GatewayMessages,
    Message,
    Messages,
    NoMessages,
    NotSent,
    open_messages,
)
from services.identity.settings import Settings
from shared.settings import load

CODE = Message(
    kind="sms",
    to="19900000001",
    template="one_time_code",
    values={"code": "123456", "minutes": "5"},
)


class Gateway:
    """A carrier's gateway on the other side of HTTP."""

    def __init__(self, status: int = 202) -> None:
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.status = status

    async def take(self, request: Request) -> Response:
        self.got.append((dict(request.headers), await request.json()))
        return Response(status_code=self.status)

    @asynccontextmanager
    async def way(self) -> AsyncGenerator[GatewayMessages]:
        app = Starlette(routes=[Route("/send", self.take, methods=["POST"])])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            yield GatewayMessages(http, "http://gateway/send", "the-secret", "云州通办")


@pytest.mark.parametrize("way", ["file", "gateway"])
async def test_a_message_arrives_with_its_text(way: str, tmp_path: Path) -> None:
    gateway = Gateway()
    async with gateway.way() as by_gateway:
        messages: Messages = (
            by_gateway if way == "gateway" else FileMessages(tmp_path / "out", "云州通办")
        )
        await messages.send(CODE)
    got = gateway.got[0][1] if way == "gateway" else json.loads((tmp_path / "out").read_text())
    assert (got["id"], got["to"], got["template"]) == (CODE.id, "19900000001", "one_time_code")
    assert "【云州通办】验证码 123456，5 分钟内有效" in got["text"]
    assert got["values"] == {"code": "123456", "minutes": "5"}


async def test_the_gateway_knows_us_and_a_message_sent_twice() -> None:
    gateway = Gateway()
    async with gateway.way() as messages:
        await messages.send(CODE)
        await messages.send(CODE)
    assert {headers["authorization"] for headers, _ in gateway.got} == {"Bearer the-secret"}
    assert {headers["idempotency-key"] for headers, _ in gateway.got} == {CODE.id}


async def test_a_message_speaks_the_readers_language(tmp_path: Path) -> None:
    english = Message(
        kind="email",
        to="a@example.org",
        template="one_time_code",
        values=CODE.values,
        language="en",
    )
    await FileMessages(tmp_path / "out", "Yunzhou").send(english)
    assert "your code is 123456" in json.loads((tmp_path / "out").read_text())["text"]


async def test_a_gateway_that_refuses_is_told_by_a_code() -> None:
    async with Gateway(503).way() as messages:
        with pytest.raises(NotSent, match="status_503"):
            await messages.send(CODE)


async def test_a_gateway_that_is_away_is_told_by_a_code(unused_tcp_port: int) -> None:
    async with httpx.AsyncClient() as http:
        url = f"http://127.0.0.1:{unused_tcp_port}/send"
        with pytest.raises(NotSent, match="unreachable"):
            await GatewayMessages(http, url, "s", "云州通办").send(CODE)


async def test_only_the_owner_reads_the_file(tmp_path: Path) -> None:
    await FileMessages(tmp_path / "out", "云州通办").send(CODE)
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


async def test_a_file_that_cannot_be_written_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(NotSent, match="file_not_writable"):
        await FileMessages(tmp_path / "missing" / "out", "云州通办").send(CODE)


async def test_without_a_way_out_nothing_is_said_to_be_sent() -> None:
    assert NoMessages().reaches == frozenset()
    with pytest.raises(NotSent, match="no_way_out"):
        await NoMessages().send(CODE)


async def test_an_unknown_template_or_a_missing_value_is_a_mistake(tmp_path: Path) -> None:
    messages = FileMessages(tmp_path / "out", "云州通办")
    for wrong in (
        Message(kind="sms", to="1", template="x"),
        Message(kind="sms", to="1", template="one_time_code"),
    ):
        with pytest.raises(KeyError):
            await messages.send(wrong)


def test_the_settings_name_the_way_out(tmp_path: Path) -> None:
    def client(_: str) -> httpx.AsyncClient:
        raise AssertionError("no HTTP for a file")

    onebox = Settings(TONGBAN_ENVIRONMENT="onebox", messages_url=f"file:{tmp_path}/out")
    assert isinstance(open_messages(onebox, client), FileMessages)
    assert isinstance(open_messages(Settings(), client), NoMessages)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"IDENTITY_MESSAGES_URL": "file:/tmp/x"}, "IDENTITY_MESSAGES_URL: write it as"),
        ({"IDENTITY_MESSAGES_URL": "ftp://x"}, "IDENTITY_MESSAGES_URL: write it as"),
        ({"IDENTITY_MESSAGES_URL": "https://gateway.example"}, "IDENTITY_MESSAGES_SECRET: the"),
    ],
)
def test_a_wrong_way_out_is_told_at_the_start(
    given: dict[str, str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        load(Settings)
    assert told in capsys.readouterr().err
