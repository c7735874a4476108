"""The checks whose failure is told to the client: one function per requirement."""

import json
import re

from services.identity.api.authorization.hints import login_hint_of, told_before
from services.identity.api.parameters import Parameters
from services.identity.commands.provider import Provider
from services.identity.commands.steps import check_reachable
from services.identity.domain.claims import ClaimsRequest, parsed
from services.identity.domain.clients import Client
from services.identity.domain.grants import AuthorizationRequest
from services.identity.domain.oauth import (
    InvalidRequest,
    InvalidScope,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from services.identity.domain.pkce import check_challenge
from services.identity.domain.scopes import check_for_person, parse
from services.identity.domain.targets import aim

_PROMPTS = frozenset({"none", "login", "select_account", "consent", "create"})
_RESPONSE_MODES = ("query", "form_post")
_LONGEST = 512
_LONGEST_AGE = 10**9
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")


async def checked(
    provider: Provider, client: Client, redirect_uri: str, parameters: Parameters
) -> AuthorizationRequest:
    """The request, when every check passes; they run in this order."""
    parameters.check_not_repeated()
    check_request_object(parameters)
    check_response_type(parameters)
    response_mode = check_response_mode(parameters)
    challenge = check_challenge(
        parameters.one("code_challenge"), parameters.one("code_challenge_method")
    )
    asked = check_scope(client, parameters)
    scopes, audience = aim(asked, parameters.many("resource"), provider.settings.public_base)
    claims = check_claims(parameters)
    request = AuthorizationRequest(
        client=client.id,
        redirect_uri=redirect_uri,
        scopes=scopes,
        audience=audience,
        challenge=challenge,
        state=check_length(parameters, "state"),
        nonce=check_length(parameters, "nonce"),
        prompt=check_prompt(parameters),
        max_age=check_max_age(parameters),
        dpop_jkt=check_dpop_jkt(parameters),
        response_mode=response_mode,
        claims=claims,
        acr_values=tuple((check_length(parameters, "acr_values") or "").split()),
        login_hint=login_hint_of(parameters),
        told_before=await told_before(provider, client, parameters, claims),
    )
    check_reachable(request)
    return request


def check_request_object(parameters: Parameters) -> None:
    """Request objects are not supported, signed or not (OpenID Connect Core, section 6); of
    references only those that we gave out ourselves, which were resolved before.
    """
    if parameters.one("request") is not None:
        raise RequestNotSupported("request objects are not supported")
    if parameters.one("request_uri") is not None:
        raise RequestUriNotSupported("request_uri is not supported")


def check_response_type(parameters: Parameters) -> None:
    """Codes only: no token ever passes through the browser's address."""
    if parameters.required("response_type") != "code":
        raise UnsupportedResponseType("response_type must be code")


def response_mode_of(parameters: Parameters) -> str:
    """How an answer goes back, also to a request that may itself be wrong."""
    mode = parameters.first("response_mode")
    return mode if mode in _RESPONSE_MODES else "query"


def check_response_mode(parameters: Parameters) -> str:
    """The code comes back in the query, or in a form that is posted."""
    mode = parameters.one("response_mode") or "query"
    if mode not in _RESPONSE_MODES:
        raise InvalidRequest(f"response_mode is one of {', '.join(_RESPONSE_MODES)}")
    return mode


def check_scope(client: Client, parameters: Parameters) -> frozenset[str]:
    """Known, registered for the client, and of one kind: a citizen's or the desk's."""
    scopes = parse(parameters.required("scope"))
    if not scopes:
        raise InvalidScope("scope is empty")
    if beyond := sorted(scopes - client.scopes):
        raise InvalidScope(f"the client is not registered for {beyond[0]}")
    check_for_person(scopes)
    return scopes


def check_prompt(parameters: Parameters) -> frozenset[str]:
    """`none` stands alone."""
    prompt = frozenset((parameters.one("prompt") or "").split())
    if not prompt <= _PROMPTS:
        raise InvalidRequest(f"prompt is one or more of {', '.join(sorted(_PROMPTS))}")
    if "none" in prompt and len(prompt) > 1:
        raise InvalidRequest("prompt=none cannot be combined")
    return prompt


def check_max_age(parameters: Parameters) -> int | None:
    """Whole seconds from zero up."""
    given = parameters.one("max_age")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit()) or int(given) > _LONGEST_AGE:
        raise InvalidRequest("max_age is a number of seconds")
    return int(given)


def check_dpop_jkt(parameters: Parameters) -> str | None:
    """The thumbprint of the key to which the code shall be bound (RFC 9449, section 10)."""
    thumbprint = parameters.one("dpop_jkt")
    if thumbprint is not None and not _THUMBPRINT.fullmatch(thumbprint):
        raise InvalidRequest("dpop_jkt is the base64url of a SHA-256: 43 characters")
    return thumbprint


def check_claims(parameters: Parameters) -> ClaimsRequest:
    """Claims one by one, as JSON (OpenID Connect Core, section 5.5)."""
    given = parameters.one("claims")
    if given is None:
        return ClaimsRequest()
    try:
        return parsed(json.loads(given))
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not JSON") from None


def check_length(parameters: Parameters, name: str) -> str | None:
    """`state` and `nonce` come back as they were; they are not a store."""
    value = parameters.one(name)
    if value is not None and len(value) > _LONGEST:
        raise InvalidRequest(f"{name} is longer than {_LONGEST} characters")
    return value
