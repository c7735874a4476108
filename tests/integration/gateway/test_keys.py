import orjson
import pytest
from starlette.types import Receive, Scope, Send

from tests.support.gateways import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_keys_are_found_by_the_issuers_metadata(start: Start) -> None:
    """The gateway's own verifier asks identity directly, once, and then knows the key."""
    asked: list[str] = []
    answers: dict[str, object] = {}

    async def identity(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        body = orjson.dumps(answers[scope["path"]])
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    running = await start(upstreams={"identity": identity}, own_verifier=True)
    answers["/identity/.well-known/openid-configuration"] = {
        "jwks_uri": "http://localhost:8000/identity/keys"
    }
    answers["/identity/keys"] = running.tokens.key_set()
    headers = running.bearer("cases", "cases.read")
    for _ in range(3):
        answer = await running.client.get("/api/cases/v1/x", headers=headers)
        assert answer.status_code == 200
    assert asked == ["/identity/.well-known/openid-configuration", "/identity/keys"]


async def test_while_identity_is_down_tokens_are_503_not_let_in(start: Start) -> None:
    running = await start(upstreams={"identity": None}, own_verifier=True)
    headers = running.bearer("cases", "cases.read")
    answer = await running.client.get("/api/cases/v1/x", headers=headers)
    assert answer.status_code == 503
