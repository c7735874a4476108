"""The UserInfo endpoint (OpenID Connect Core, section 5.3)."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.api.answers import json, provider_of
from services.identity.api.bearer import presented_token
from services.identity.api.client_authentication.mutual_tls import certificate_of
from services.identity.api.proof import first_use
from services.identity.commands.provider import Provider
from services.identity.domain.oauth import InsufficientScope, InvalidToken
from services.identity.store import clients
from shared.auth import InvalidToken as RefusedToken
from shared.auth import KeysUnavailable, Presented, Reason, Subject, challenge
from shared.auth.certificates import thumbprint
from shared.crypto import mask


async def userinfo(request: Request) -> Response:
    """`sub`, and the name where `profile` was granted."""
    provider = provider_of(request)
    subject = await _caller(provider, request)
    claims = {"sub": subject.sub}
    if "profile" in subject.scopes:
        claims |= await _profile(provider, subject)
    return json(claims)


async def _caller(provider: Provider, request: Request) -> Subject:
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
    if not await provider.live.hold(subject):
        raise InvalidToken("the token was revoked")
    if "openid" not in subject.scopes:
        raise InsufficientScope("openid is needed")
    return subject


async def _profile(provider: Provider, subject: Subject) -> dict[str, str]:
    """A client that is not the platform's own sees the family name only."""
    async with provider.db.read() as connection:
        client = await clients.find_client(connection, subject.client_id)
        person = await provider.people.find(connection, subject.sub)
    name = person.open("name") if person else None
    if name is None:
        return {}
    return {"name": name if client is not None and client.platform else mask(name, 1, 0)}
