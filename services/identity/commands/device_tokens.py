"""A device asks for its tokens (RFC 8628, sections 3.4 and 3.5)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.device import too_soon
from services.identity.commands.issuing import Issuer, Tokens
from services.identity.commands.redeem import Redeem
from services.identity.commands.secrets import digest
from services.identity.domain.binding import Binding
from services.identity.domain.clients import Client
from services.identity.domain.device_codes import INTERVAL_SECONDS, DeviceRequest
from services.identity.domain.oauth import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    OAuthError,
    SlowDown,
)
from services.identity.store import device_codes
from shared.clock import now
from shared.db import Database


class DeviceTokens:
    """Tokens for a device that a person approved."""

    def __init__(self, db: Database, issuer: Issuer, redeem: Redeem) -> None:
        self._db = db
        self._issuer = issuer
        self._redeem = redeem

    async def __call__(self, client: Client, device_code: str, binding: Binding) -> Tokens:
        """The tokens, once; until then an error that says whether to go on asking."""
        moment, writer = now(), await self._issuer.writer()
        async with self._db.write() as tx:
            asked = await device_codes.lock_device(tx, digest(device_code))
            if asked is None or asked.client != client.id:
                raise InvalidGrant("the device code is not valid for this client")
            if asked.state == "approved" and asked.grant and asked.expires_at > moment:
                await device_codes.use_device(tx, asked.id)
                return await self._redeem.first_tokens(
                    tx, writer, client, asked.grant, (), moment, binding
                )
            refusal = await _not_yet(tx, asked, moment)
        raise refusal


async def _not_yet(tx: AsyncConnection, asked: DeviceRequest, moment: datetime) -> OAuthError:
    """Told after the commit: how often it asks is remembered."""
    if asked.expires_at <= moment:
        return ExpiredToken("the codes have expired: begin anew")
    if asked.state == "denied":
        return AccessDenied("the person refused")
    if asked.state == "used":
        return InvalidGrant("the device code was used before")
    if too_soon(asked, moment):
        await device_codes.polled(tx, asked.id, moment, asked.interval + INTERVAL_SECONDS)
        return SlowDown("wait five seconds longer between two requests from now on")
    await device_codes.polled(tx, asked.id, moment, asked.interval)
    return AuthorizationPending("the person has not confirmed yet")
