"""Who is logged in in this browser."""

import hashlib

from services.identity.domain.logins import Login
from services.identity.store import logins
from shared.clock import now
from shared.db import Database

_LONGEST_SECRET = 200


async def current_login(db: Database, secret: str | None) -> Login | None:
    """The open login of a cookie."""
    if not secret or len(secret) > _LONGEST_SECRET:
        return None
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    async with db.read() as connection:
        login = await logins.login_by_secret(connection, hashed)
    return login if login is not None and login.open_at(now()) else None
