"""A client's certificate is told on only where a trusted proxy tells it."""

import pytest

from shared.auth.certificates import write_certificate
from tests.support.gateways import Start

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOLD = {"Client-Cert": write_certificate(b"a certificate"), "Client-Cert-Chain": ":eA==:"}
SETTINGS = {"MTLS_BASE": "https://mtls.example.org", "trusted_proxies": "127.0.0.1/32"}


@pytest.mark.parametrize(
    ("left_out", "passes"), [(None, True), ("MTLS_BASE", False), ("trusted_proxies", False)]
)
async def test_it_passes_from_a_trusted_proxy_only(
    start: Start, left_out: str | None, passes: bool
) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != left_out}
    running = await start(**settings)
    answer = await running.client.get("/identity/jwks", headers=TOLD)
    told = dict(answer.json()["headers"])
    assert told.get("client-cert") == (TOLD["Client-Cert"] if passes else None)
    assert "client-cert-chain" not in told
