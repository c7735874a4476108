"""The DPoP proof of a request to the provider itself (RFC 9449, sections 5, 7 and 8)."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from services.identity.api.answers import provider_of
from services.identity.commands.provider import Provider
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidDPoPProof, UseDPoPNonce
from shared.auth import dpop
from shared.clock import now

_KEPT = timedelta(seconds=dpop.AGE_SECONDS + dpop.AHEAD_SECONDS)


async def proven_key(request: Request, client: Client, *urls: str) -> str | None:
    """The thumbprint of the key that the client proved to hold; None where no proof came."""
    given = request.headers.getlist("dpop")
    if not given:
        if client.dpop_bound_access_tokens:
            raise InvalidDPoPProof("the client is registered for DPoP: send a proof")
        return None
    provider = provider_of(request)
    try:
        proof = dpop.read_proof(given)
        dpop.check_method(proof, request.method)
        dpop.check_url(proof, *urls)
        dpop.check_age(proof, now().timestamp())
    except dpop.InvalidProof as refusal:
        raise InvalidDPoPProof(refusal.detail) from None
    check_nonce(provider, proof)
    if not await first_use(provider, proof):
        raise InvalidDPoPProof("the proof was used before")
    return proof.thumbprint


def check_nonce(provider: Provider, proof: dpop.Proof) -> None:
    """A nonce of ours where one is demanded; a strange or an old one never counts."""
    nonces = provider.nonces
    if proof.nonce is None and not nonces.demanded:
        return
    if proof.nonce is None or not nonces.good(proof.nonce):
        raise UseDPoPNonce(
            "make the proof with the nonce of the DPoP-Nonce header", nonces.current()
        )


async def first_use(provider: Provider, proof: dpop.Proof) -> bool:
    """Each proof is good once, in all processes."""
    until = datetime.fromtimestamp(proof.issued_at, UTC) + _KEPT
    return await provider.used_once.first(proof.replay_key, until)
