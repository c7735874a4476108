"""The UserInfo endpoint (OpenID Connect Core, section 5.3)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.bearer import presented_token
from services.identity.api.client_authentication.mutual_tls import certificate_of
from services.identity.api.proof import first_use
from services.identity.commands.provider import Provider
from services.identity.domain.claims import of_userinfo
from services.identity.domain.grants import Grant
from services.identity.domain.oauth import InsufficientScope, InvalidToken
from services.identity.store import clients
from shared.auth import InvalidToken as RefusedToken
from shared.auth import KeysUnavailable, Presented, Reason, Subject, challenge
from shared.auth.certificates import thumbprint


async def userinfo(request: Request) -> Response:
    """`sub` as in the ID token, and what scopes and `claims` asked for."""
    provider = provider_of(request)
    subject, grant = await _caller(provider, request)
    return json({"sub": grant.subject} | await _claims(provider, subject, grant))


async def _caller(provider: Provider, request: Request) -> tuple[Subject, Grant]:
    scheme, token = presented_token(request)
    certificate = certificate_of(request)
    presented = Presented(
        scheme=scheme,
        token=token,
        method=request.method,
        url=f"{provider.settings.issuer}/userinfo",
        proofs=request.headers.getlist("dpop"),
        certificate=None if certificate is None else thumbprint(certificate),
    )
    try:
        subject = await provider.own_tokens.verify(token)
        proof = provider.own_tokens.possession.checked(subject, presented)
        if proof is not None and not await first_use(provider, proof):
            raise RefusedToken(Reason.BAD_PROOF, "the proof was used before")
    except KeysUnavailable:
        raise
    except RefusedToken as refusal:
        raise InvalidToken(refusal.detail, challenge(refusal)) from None
    if provider.settings.audience("identity") not in subject.audiences or not subject.is_person:
        raise InvalidToken("the token is meant for another service")
    grant = await provider.live.grant(subject)
    if grant is None:
        raise InvalidToken("the token was revoked")
    if "openid" not in subject.scopes:
        raise InsufficientScope("openid is needed")
    return subject, grant


async def _claims(provider: Provider, subject: Subject, grant: Grant) -> dict[str, Any]:
    async with provider.db.read() as connection:
        client = await clients.find_client(connection, subject.client_id)
    if client is None:
        raise InvalidToken("the client is no longer registered")
    wanted = of_userinfo(subject.scopes, grant.claims, client.scopes)
    return await provider.personal_claims.of(grant, client, wanted)
