"""Dropping what has ended: short-lived secrets are not kept longer than they can be used."""

from datetime import timedelta

from services.identity.store import (
    challenges,
    device_codes,
    devices,
    grants,
    interactions,
    logins,
    proofs,
    pushed_requests,
    security_events,
    throttles,
    tokens,
    upstream_visits,
)
from shared.clock import now
from shared.db import Database

# A used code or refresh token is remembered for as long as its tokens could still be around.
_EVENTS_KEPT = timedelta(days=180)
_KEPT = timedelta(days=1)
_DEVICE_KEPT = timedelta(days=365)


async def forget_what_ended(db: Database, refresh_life: timedelta) -> None:
    """Drop expired rows."""
    moment = now()
    async with db.write() as tx:
        await interactions.forget_interactions(tx, moment)
        await pushed_requests.forget_pushed_requests(tx, moment)
        await tokens.forget_tokens(tx, moment - _KEPT)
        await grants.forget_grants(tx, moment - refresh_life - _KEPT)
        await logins.forget_logins(tx, moment - refresh_life - _KEPT)
        await device_codes.forget_device_codes(tx, moment - _KEPT)
        await challenges.forget_challenges(tx, moment)
        await devices.forget_devices(tx, moment - _DEVICE_KEPT)
        await upstream_visits.forget_visits(tx, moment)
        await security_events.forget(tx, moment - _EVENTS_KEPT)
        await throttles.forget_failures(tx, moment)
        await proofs.forget_confirmations(tx, moment)
