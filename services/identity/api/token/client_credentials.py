"""The client credentials grant (RFC 6749, section 4.4)."""

from services.identity.api.parameters import Parameters
from services.identity.commands.issuing import Tokens
from services.identity.commands.own_token import own_token
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.scopes import parse


async def client_credentials(
    provider: Provider, client: Client, parameters: Parameters, binding: Binding
) -> Tokens:
    """A token for the client itself; `audience` is taken as another name of `resource`."""
    asked = parameters.one("scope")
    return await own_token(
        provider.issuer,
        client,
        parse(asked) if asked is not None else None,
        (*parameters.many("resource"), *parameters.many("audience")),
        provider.settings.public_base,
        binding,
    )
