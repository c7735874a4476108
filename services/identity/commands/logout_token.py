"""Logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4)."""

from datetime import datetime, timedelta

from services.identity.commands.signing import Signer
from shared.ids import new_id

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LIFETIME = timedelta(minutes=2)


def logout_token(
    signer: Signer, *, issuer: str, client: str, sub: str | None, sid: str, moment: datetime
) -> str:
    """Signed for one client. It has no nonce, so that nobody can take it for an ID token."""
    return signer.sign(
        "logout+jwt",
        {
            "iss": issuer,
            **({"sub": sub} if sub else {}),
            "aud": client,
            "iat": int(moment.timestamp()),
            "exp": int((moment + _LIFETIME).timestamp()),
            "jti": new_id("jti"),
            "events": {LOGOUT_EVENT: {}},
            "sid": sid,
        },
    )
