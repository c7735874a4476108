"""The refresh token grant (RFC 6749, section 6; RFC 9700, section 4.14.2)."""

from services.identity.api.parameters import Parameters
from services.identity.commands.issuing import Tokens
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.scopes import parse


async def refresh_token(
    provider: Provider, client: Client, parameters: Parameters, binding: Binding
) -> Tokens:
    """Go on with the next refresh token; the scope may shrink and never grows."""
    asked = parameters.one("scope")
    return await provider.redeem.refresh(
        client,
        parameters.required("refresh_token"),
        parse(asked) if asked is not None else None,
        parameters.many("resource"),
        binding,
    )
