"""Who calls the API (a token that still holds in our own records), and how a rule's no is told."""

from typing import Any, cast

from fastapi import Request, Security
from fastapi.security import SecurityScopes

from services.identity.commands.provider import Provider
from services.identity.domain.errors import Invalid, RuleBroken
from shared.auth import CurrentSubject, InvalidToken, Reason, Subject, permit
from shared.auth.fastapi import InvalidAccessToken
from shared.service import Runtime
from shared.web import InvalidFields, Problem, Text
from shared.web.problems import Conflict


def provider_of(request: Request) -> Provider:
    """The provider that this app serves."""
    return cast(Provider, request.app.state.provider)


def runtime_of(request: Request) -> Runtime:
    """The mechanisms that this app stands on."""
    return cast(Runtime, request.app.state.runtime)


async def holding(request: Request, scopes: SecurityScopes, subject: CurrentSubject) -> Subject:
    """Revocations count here at once, without waiting for their event."""
    permit(subject, *scopes.scopes)
    if not await provider_of(request).live.hold(subject):
        raise InvalidAccessToken(InvalidToken(Reason.REVOKED, "the token was revoked"))
    return subject


def holds(*scopes: str) -> Any:
    """`Annotated[Subject, holds("identity.self")]`: a live token with all these scopes."""
    return Security(holding, scopes=list(scopes))


def problem_of(broken: RuleBroken) -> Problem:
    """A broken rule of the domain as a problem of the API."""
    if isinstance(broken, Invalid):
        return InvalidFields(
            [{"pointer": f"/{broken.field}", "in": "body", "detail": broken.zh, "en": broken.en}]
        )
    return RefusedByRule(Text(broken.zh, broken.en))


class RefusedByRule(Conflict):
    """A rule of identity does not allow this as things are."""

    slug = "refused-by-rule"
    title = Text("按规定不能这样办", "A rule does not allow this")
    remedy = Text("按说明处理后再试", "Do as the detail says, then try again")
