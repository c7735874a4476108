"""What the provider says of itself: what works, at the configured issuer, and nothing else."""

from services.identity.api.token.endpoint import GRANTS
from tests.support.identity import BASE, ISSUER, World


async def test_discovery_answers_at_both_addresses_alike(world: World) -> None:
    async with world.http() as http:
        openid = await http.get("/identity/.well-known/openid-configuration")
        oauth = await http.get("/.well-known/oauth-authorization-server/identity")
    assert openid.json() == oauth.json()
    assert openid.json()["issuer"] == ISSUER


async def test_the_host_header_has_no_part_in_it(world: World) -> None:
    async with world.http() as http:
        told = await http.get(
            "/identity/.well-known/openid-configuration",
            headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
        )
    assert "evil" not in told.text


async def test_every_endpoint_that_is_advertised_answers(world: World) -> None:
    async with world.http() as http:
        told = (await http.get("/identity/.well-known/openid-configuration")).json()
        endpoints = [told[name] for name in told if name.endswith(("_endpoint", "_uri"))]
        assert len(endpoints) == 10
        for endpoint in endpoints:
            assert endpoint.startswith(f"{BASE}/identity/")
            answers = {
                (await http.get(endpoint)).status_code,
                (await http.post(endpoint)).status_code,
            }
            assert not answers & {404, 500}, endpoint


async def test_grants_that_are_advertised_are_those_that_work(world: World) -> None:
    async with world.http() as http:
        told = (await http.get("/identity/.well-known/openid-configuration")).json()
    assert set(told["grant_types_supported"]) == set(GRANTS)
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert told["response_types_supported"] == ["code"]


async def test_the_key_set_holds_public_parts_of_two_keys(world: World) -> None:
    async with world.http() as http:
        keys = (await http.get("/identity/jwks")).json()["keys"]
    assert len(keys) == 2
    for key in keys:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}


async def test_after_a_rollover_old_tokens_hold_and_the_next_key_signs(
    world: World,
) -> None:
    provider = world.provider
    before = await world.own_token("cases")
    known = {key["kid"] for key in (await provider.keys.jwks())["keys"]}
    rolled = await provider.keys.rotate()
    assert rolled in known
    after = await world.own_token("cases")
    for token in (before, after):
        assert (await provider.own_tokens.verify(token)).client_id == "cases"
    assert len((await provider.keys.jwks())["keys"]) == 3
