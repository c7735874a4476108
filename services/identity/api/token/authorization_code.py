"""The authorization code grant (RFC 6749, section 4.1.3; RFC 7636, section 4.5)."""

from services.identity.api.parameters import Parameters
from services.identity.commands.issuing import Tokens
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client


async def authorization_code(
    provider: Provider, client: Client, parameters: Parameters, binding: Binding
) -> Tokens:
    """Redeem the code with the redirect URI and the verifier that it is bound to."""
    return await provider.redeem.code(
        client,
        parameters.required("code"),
        parameters.one("redirect_uri"),
        parameters.one("code_verifier"),
        parameters.many("resource"),
        binding,
    )
