"""A token that is bound to a key is checked at the edge, by the public URL."""

import pytest

from tests.support.dpop import Holder
from tests.support.gateways import BASE, Running

pytestmark = pytest.mark.asyncio(loop_scope="module")
CASE = "/api/cases/v1/cases/1"


def _token(running: Running, holder: Holder) -> str:
    cnf = {"jkt": holder.thumbprint}
    return running.tokens.token(aud=[f"{BASE}/api/cases"], scope="cases.read", cnf=cnf)


async def test_a_bound_token_passes_with_its_proof_which_goes_on(running: Running) -> None:
    holder = Holder()
    headers = holder.headers(_token(running, holder), f"{BASE}{CASE}")
    answer = await running.client.get(f"{CASE}?expand=1", headers=headers)
    assert answer.status_code == 200
    told = dict(answer.json()["headers"])
    assert (told["dpop"], told["authorization"]) == (headers["DPoP"], headers["Authorization"])


async def test_a_bound_token_without_its_proof_stays_outside(running: Running) -> None:
    holder = Holder()
    token = _token(running, holder)
    used = holder.headers(token, f"{BASE}{CASE}")
    assert (await running.client.get(CASE, headers=used)).status_code == 200
    for headers in (
        {"Authorization": f"Bearer {token}"},
        {"Authorization": f"DPoP {token}"},
        used,
        Holder().headers(token, f"{BASE}{CASE}"),
        holder.headers(token, f"{BASE}/v1/cases/1"),
        holder.headers(token, f"{BASE}/api/cases/v1/cases/2"),
    ):
        answer = await running.client.get(CASE, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('DPoP realm="tongban", error="')


async def test_a_binding_that_is_not_known_is_not_taken_for_none(running: Running) -> None:
    for cnf in ({}, {"kid": "x"}, {"jkt": 1}, "jkt"):
        headers = running.bearer("cases", "cases.read", cnf=cnf)
        assert (await running.client.get(CASE, headers=headers)).status_code == 401
