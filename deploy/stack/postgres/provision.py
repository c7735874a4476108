"""Bringing the services' databases and roles to what they should be, as often as one likes."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.stack.postgres.passwords import verifier
from deploy.stack.postgres.place import CONNECTIONS, Place

_LOCK = 7_164_202


async def provision(
    server: str,
    services: Iterable[str],
    passwords: Mapping[str, str],
    *,
    connections: int = CONNECTIONS,
) -> None:
    """Make or mend each service's database and roles; the passwords are those of `passwords`.

    `server` is the URL of somebody who may make roles and databases (`Cluster.admin_url`). Who is
    connected stays connected: a new password counts from the next connection on.
    """
    places = [Place(service, connections) for service in services]
    verifiers = {role: verifier(password) for role, password in passwords.items()}
    connection = await asyncpg.connect(server)
    try:
        # Two that provision at once would trip over each other's rows.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        for place in places:
            for statement in place.on_the_server(verifiers):
                await connection.execute(statement)
            known = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)"
            if not await connection.fetchval(known, place.database):
                await connection.execute(place.creation)
            await _grant(server, place)
    finally:
        await connection.close()


async def _grant(server: str, place: Place) -> None:
    parts = urlsplit(server)
    connection = await asyncpg.connect(urlunsplit(parts._replace(path=f"/{place.database}")))
    try:
        async with connection.transaction():
            for statement in place.in_the_database():
                await connection.execute(statement)
    finally:
        await connection.close()


def script(places: Iterable[Place], verifiers: Mapping[str, str]) -> str:
    """The same for a database administrator's psql; where a password is not known, psql asks."""
    places = list(places)
    lines = ["-- psql -v ON_ERROR_STOP=1 -f THIS postgres", "\\set ON_ERROR_STOP on"]
    for place in places:
        lines += ["", f"-- {place.service}", "\\connect postgres"]
        lines += [f"{one};" for one in place.on_the_server(verifiers)]
        lines += [
            f"SELECT $create${place.creation}$create$ WHERE NOT EXISTS "  # noqa: S608 - checked
            f"(SELECT FROM pg_database WHERE datname = '{place.database}')\\gexec",
            f"\\connect {place.database}",
            "BEGIN;",
            *(f"{one};" for one in place.in_the_database()),
            "COMMIT;",
        ]
    unknown = [role for place in places for role in place.roles if role not in verifiers]
    lines += ["", *(f"\\password {role}" for role in unknown)] if unknown else []
    return "\n".join(lines) + "\n"
