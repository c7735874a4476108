"""A token for a machine itself (RFC 6749, section 4.4)."""

from collections.abc import Sequence

from services.identity.commands.issuing import Issuer, Tokens
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.oauth import InvalidScope
from services.identity.domain.targets import aim
from shared.clock import now


async def own_token(
    issuer: Issuer,
    client: Client,
    asked: frozenset[str] | None,
    resources: Sequence[str],
    base: str,
    binding: Binding,
) -> Tokens:
    """Within what the client was registered for; nothing is stored, so nothing slows it."""
    if asked is not None and not asked <= client.own_scopes:
        raise InvalidScope("more scope than the client was registered for")
    scopes, audience = aim(asked or client.own_scopes, resources, base)
    return (await issuer.writer()).for_system(client, scopes, audience, now(), binding)
