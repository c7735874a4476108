"""The device code grant (RFC 8628, section 3.4)."""

from services.identity.api.parameters import Parameters
from services.identity.commands.issuing import Tokens
from services.identity.commands.provider import Provider
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client


async def device_code(
    provider: Provider, client: Client, parameters: Parameters, binding: Binding
) -> Tokens:
    """Tokens once the person has confirmed the device."""
    return await provider.device_tokens(client, parameters.required("device_code"), binding)
