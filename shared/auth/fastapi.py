"""Authentication of a request, for FastAPI dependencies and for plain Starlette routes.

    Unauthorized            401: no token came
    └── InvalidAccessToken  401: it does not hold; `reason` is one of shared.auth.Reason
    Forbidden
    └── InsufficientScope   403
    ServiceUnavailable      503: no signing key could be fetched yet

Each of them carries the challenge of RFC 6750, or that of RFC 9449 for a token bound to a key.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import HTTPBearer, OpenIdConnect, SecurityScopes
from starlette.requests import Request

from shared.auth.certificates import HEADER, thumbprint_in
from shared.auth.challenges import BEARER_REALM, challenge
from shared.auth.errors import InvalidToken, KeysUnavailable, Reason
from shared.auth.possession import BEARER, DPOP, Presented
from shared.auth.subject import Subject
from shared.auth.verifier import Verifier
from shared.web.problems import Forbidden, ServiceUnavailable, Text, Unauthorized

_NO_TOKEN = Text("请求没有带访问令牌。", "Send an access token as a bearer token.")
_CHINESE = {
    Reason.MALFORMED: "访问令牌的格式有误。",
    Reason.TOO_LARGE: "访问令牌过长。",
    Reason.WRONG_TYPE: "这不是访问令牌。",
    Reason.WRONG_ALGORITHM: "访问令牌的签名算法不被接受。",
    Reason.UNKNOWN_KEY: "访问令牌的签名密钥不是本平台的。",
    Reason.KEYS_UNAVAILABLE: "暂时取不到验证访问令牌的密钥。",
    Reason.BAD_SIGNATURE: "访问令牌的签名不符。",
    Reason.BAD_CLAIMS: "访问令牌的内容不完整或有误。",
    Reason.WRONG_ISSUER: "访问令牌不是本平台签发的。",
    Reason.WRONG_AUDIENCE: "访问令牌是给其他服务用的。",
    Reason.EXPIRED: "访问令牌已过期。",
    Reason.NOT_YET_VALID: "访问令牌尚未生效，请核对时钟。",
    Reason.REVOKED: "访问令牌已被撤销。",
    Reason.PROOF_NEEDED: "访问令牌绑定了密钥，须以 DPoP 方式连同证明一起发送。",
    Reason.BAD_PROOF: "DPoP 证明不符。",
    Reason.WRONG_KEY: "访问令牌绑定的是另一把密钥。",
    Reason.NOT_BOUND: "访问令牌没有绑定密钥，须以 Bearer 方式发送。",
    Reason.WRONG_CERTIFICATE: "访问令牌绑定的是另一张证书。",
}

_oidc = OpenIdConnect(
    scheme_name="oidc",
    openIdConnectUrl="/identity/.well-known/openid-configuration",
    description="Log in with OpenID Connect (code + PKCE), or as a system (client credentials).",
    auto_error=False,
)
_bearer = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="An access token (at+jwt, ES256) whose audience is this API.",
    auto_error=False,
)


class InvalidAccessToken(Unauthorized):
    """The token that came does not hold."""

    slug = "invalid-token"
    title = Text("访问令牌无效", "The access token is not valid")
    remedy = Text("重新取得访问令牌后再试", "Obtain a new access token and try again")

    def __init__(self, refusal: InvalidToken) -> None:
        super().__init__(
            Text(_CHINESE[refusal.reason], refusal.detail),
            headers={"WWW-Authenticate": challenge(refusal)},
            reason=refusal.reason.value,
        )


class InsufficientScope(Forbidden):
    """The token holds, and does not open this door."""

    slug = "insufficient-scope"
    title = Text("访问令牌的范围不够", "The access token's scope is not sufficient")
    remedy = Text(
        "申请带有所需范围的访问令牌", "Obtain an access token with the scope that is named"
    )

    def __init__(self, needed: str) -> None:
        lacking = f'{BEARER_REALM}, error="insufficient_scope", scope="{needed}"'
        super().__init__(
            Text(f"需要范围：{needed}", f"The scope {needed} is needed."),
            headers={"WWW-Authenticate": lacking},
            scope=needed,
        )


async def authenticate(request: Request) -> Subject:
    """The subject of the request's token, which `app.state.verifier` must accept."""
    known: Subject | None = getattr(request.state, "subject", None)
    if known is not None:
        return known  # a proof is good once, and several dependencies of one request ask
    verifier: Verifier = request.app.state.verifier
    try:
        scheme, token = _credentials(request)
        subject = await verifier.verify(token)
        if subject.is_bound or scheme == DPOP:
            verifier.possession.check(subject, _presented(request, verifier, scheme, token))
    except KeysUnavailable as away:
        raise ServiceUnavailable(Text(_CHINESE[away.reason], away.detail)) from away
    except InvalidToken as refusal:
        raise InvalidAccessToken(refusal) from refusal
    request.state.subject = subject
    return subject


def permit(subject: Subject, *scopes: str) -> None:
    """Raise InsufficientScope unless the token has all these scopes."""
    if not subject.scopes.issuperset(scopes):
        raise InsufficientScope(" ".join(scopes))


async def current_subject(
    request: Request,
    scopes: SecurityScopes,
    _by_login: Annotated[str | None, Depends(_oidc)],
    _by_bearer: Annotated[Any, Depends(_bearer)],
) -> Subject:
    """Who is asking; the two schemes only tell the OpenAPI document how to log in."""
    subject = await authenticate(request)
    permit(subject, *scopes.scopes)
    return subject


CurrentSubject = Annotated[Subject, Depends(current_subject)]


def requires(*scopes: str) -> Any:
    """`Annotated[Subject, requires("cases.apply")]`: a subject whose token has all these scopes."""
    return Security(current_subject, scopes=list(scopes))


def requires_any(*scopes: str) -> Any:
    """`Annotated[Subject, requires_any(…)]`: one of these scopes is enough."""
    return Depends(_any_of(frozenset(scopes)))


def _any_of(scopes: frozenset[str]) -> Callable[[Subject], Awaitable[Subject]]:
    async def subject_with_one(subject: CurrentSubject) -> Subject:
        if subject.scopes.isdisjoint(scopes):
            raise InsufficientScope(" ".join(sorted(scopes)))
        return subject

    return subject_with_one


def _credentials(request: Request) -> tuple[str, str]:
    given = request.headers.getlist("authorization")
    if not given:
        raise _missing()
    if len(given) > 1:
        raise InvalidToken(Reason.MALFORMED, "send one Authorization header, not several")
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() not in (BEARER, DPOP):
        raise _missing()
    return scheme.lower(), token.strip()


def _presented(request: Request, verifier: Verifier, scheme: str, token: str) -> Presented:
    """The gateway takes `/api/<service>` off the path; the proof speaks of the public URL."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    return Presented(
        scheme=scheme,
        token=token,
        method=request.method,
        url=f"{verifier.audience or ''}{path.decode('latin-1')}",
        proofs=request.headers.getlist("dpop"),
        certificate=(
            thumbprint_in(request.headers.getlist(HEADER)) if verifier.certificates else None
        ),
    )


def _missing() -> Unauthorized:
    # RFC 6750: without credentials the challenge names no error.
    return Unauthorized(_NO_TOKEN, headers={"WWW-Authenticate": BEARER_REALM})
