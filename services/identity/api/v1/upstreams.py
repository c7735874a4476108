"""Upstream providers: by whom people may also log in. For the security administrator."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, Field, SecretStr

from services.identity.api.v1.caller import holds, problem_of, provider_of
from services.identity.commands.federation.federation import Federation
from services.identity.commands.federation.going import callback_of
from services.identity.commands.federation.leaving import left_of
from services.identity.domain.errors import RuleBroken
from services.identity.domain.upstreams import checked
from services.identity.policy import policy
from services.identity.store.upstreams import Configured
from shared.auth import Subject
from shared.web import Body
from shared.web.preconditions import etag, expected_version, require_version
from shared.web.problems import NotFound

router = APIRouter(prefix="/v1/upstreams", tags=["upstreams"])

Administrator = Annotated[Subject, holds("identity.manage")]
Code = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Level = Annotated[int, Field(ge=1, le=4)]
Claim = Annotated[str, Field(min_length=1, max_length=100)]


class UpstreamIn(Body):
    """How an upstream is used. Its issuer cannot change: accounts are linked to it."""

    issuer: str = Field(max_length=200, description="as it stands in its discovery")
    client_id: str = Field(max_length=200, description="by what it knows us")
    auth_method: Literal["private_key_jwt", "client_secret_basic", "client_secret_post"] = (
        "private_key_jwt"
    )
    secret: SecretStr | None = Field(
        None, max_length=500, description="left out: the one that is stored stays"
    )
    label_zh: str = Field(max_length=200, description="what its button says")
    label_en: str = Field(max_length=200)
    scopes: list[Annotated[str, Field(max_length=64)]] = Field(["openid"], max_length=20)
    claims: dict[Literal["id_number", "name", "phone"], Claim] = Field(
        default_factory=dict, description="which claim holds which of our fields"
    )
    levels: dict[Annotated[str, Field(max_length=200)], Level] = Field(
        default_factory=dict, max_length=20, description="its acr values and our levels"
    )
    level: Level = Field(1, description="of a login without a known acr")
    trusted: bool = Field(False, description="its identity numbers find existing accounts")
    logout: bool = Field(True, description="who logs out here logs out there")
    enabled: bool = True


class UpstreamOut(BaseModel):
    """An upstream as it stands, and what it is to be told of us."""

    code: str
    issuer: str
    client_id: str
    auth_method: str
    has_secret: bool
    label_zh: str
    label_en: str
    scopes: list[str]
    claims: dict[str, str]
    levels: dict[str, int]
    level: int
    trusted: bool
    logout: bool
    enabled: bool
    redirect_uri: str
    post_logout_redirect_uri: str
    backchannel_logout_uri: str
    jwks_uri: str
    version: int
    changed_by: str
    changed_at: datetime


class UpstreamList(BaseModel):
    """Every upstream; there are few."""

    items: list[UpstreamOut]


@router.get("", response_model=UpstreamList)
async def list_upstreams(request: Request, subject: Administrator) -> UpstreamList:
    """All of them by code."""
    policy.check(subject, "configure_upstreams", None, "administration")
    provider = provider_of(request)
    async with provider.db.read() as connection:
        known = await provider.federation.store.all(connection)
    return UpstreamList(items=[_written(request, one) for one in known])


@router.get("/{code}", response_model=UpstreamOut)
async def read_upstream(
    code: Code, request: Request, response: Response, subject: Administrator
) -> UpstreamOut:
    """One of them; its secret is never shown."""
    policy.check(subject, "configure_upstreams", None, "administration")
    found = await _find(provider_of(request).federation, code)
    if found is None:
        raise NotFound("There is no such upstream.")
    response.headers["ETag"] = etag(found.version)
    return _written(request, found)


@router.put("/{code}", response_model=UpstreamOut)
async def put_upstream(
    code: Code, body: UpstreamIn, request: Request, response: Response, subject: Administrator
) -> UpstreamOut:
    """Configure it, new or anew with `If-Match`; repeating it changes nothing more."""
    policy.check(subject, "configure_upstreams", None, "administration")
    provider = provider_of(request)
    given = body.model_dump(exclude={"secret"})
    given |= {"code": code, "scopes": tuple(given["scopes"])}
    secret = body.secret.get_secret_value() if body.secret else None
    try:
        upstream = checked(given, loopback_http=provider.settings.onebox)
        async with provider.db.write() as tx:
            known = await provider.federation.store.find(tx, code, lock=True)
            if known is not None:
                require_version(
                    expected_version(request),
                    known.version,
                    by=known.changed_by,
                    at=known.changed_at,
                )
            now_is = await provider.federation.configure(tx, upstream, secret, by=subject.sub)
    except RuleBroken as broken:
        raise problem_of(broken) from None
    response.headers["ETag"] = etag(now_is.version)
    return _written(request, now_is)


async def _find(federation: Federation, code: str) -> Configured | None:
    async with federation.db.read() as connection:
        return await federation.store.find(connection, code)


def _written(request: Request, found: Configured) -> UpstreamOut:
    issuer, upstream = provider_of(request).settings.issuer, found.upstream
    return UpstreamOut(
        code=upstream.code,
        issuer=upstream.issuer,
        client_id=upstream.client_id,
        auth_method=upstream.auth_method,
        has_secret=found.has_secret,
        label_zh=upstream.label_zh,
        label_en=upstream.label_en,
        scopes=list(upstream.scopes),
        claims=dict(upstream.claims),
        levels=dict(upstream.levels),
        level=upstream.level,
        trusted=upstream.trusted,
        logout=upstream.logout,
        enabled=upstream.enabled,
        redirect_uri=callback_of(issuer, upstream.code),
        post_logout_redirect_uri=left_of(issuer, upstream.code),
        backchannel_logout_uri=f"{issuer}/federation/{upstream.code}/logout",
        jwks_uri=f"{issuer}/jwks",
        version=found.version,
        changed_by=found.changed_by,
        changed_at=found.changed_at,
    )
