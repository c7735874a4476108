"""One service's place in PostgreSQL: its database, who owns the schema, who works with the rows.

`tongban_<service>_owner` changes the schema (`migrate`), `tongban_<service>` is what the service
runs as: it reads and writes rows and can neither make nor drop nor alter a table. The database
itself belongs to whoever provisions, so that neither of them can drop it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

OWNER_CONNECTIONS = 5
CONNECTIONS = 60
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TIMEOUTS = {
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The names and rights of one service."""

    service: str
    connections: int = CONNECTIONS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.service):
            raise ValueError(f"{self.service!r} is no name of a service")

    @property
    def database(self) -> str:
        """Its database."""
        return f"tongban_{self.service}"

    @property
    def owner(self) -> str:
        """Who changes the schema."""
        return f"tongban_{self.service}_owner"

    @property
    def runtime(self) -> str:
        """Who works with the rows."""
        return f"tongban_{self.service}"

    @property
    def roles(self) -> tuple[str, str]:
        """Both."""
        return self.owner, self.runtime

    def on_the_server(self, verifiers: Mapping[str, str]) -> list[str]:
        """The roles; where `verifiers` knows none, the password stays as it is."""
        limits = {self.owner: OWNER_CONNECTIONS, self.runtime: self.connections}
        statements = []
        for role in self.roles:
            password = f" PASSWORD '{verifiers[role]}'" if role in verifiers else ""
            statements += [
                _made(role),
                f"ALTER ROLE {role} LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT {limits[role]}"
                + password,
                f"ALTER ROLE {role} SET search_path = public",
                *(f"ALTER ROLE {role} SET {name} = '{value}'" for name, value in _TIMEOUTS.items()),
            ]
        # A migration may take its time; a request may not.
        statements.append(f"ALTER ROLE {self.runtime} SET statement_timeout = '30s'")
        return statements

    @property
    def creation(self) -> str:
        """The database itself; it cannot be made twice."""
        return (
            f"CREATE DATABASE {self.database} TEMPLATE template0 ENCODING 'UTF8' "
            "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"
        )

    def in_the_database(self) -> list[str]:
        """Who may what; said again, it takes back what was given besides."""
        rows, counters = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"
        default = f"ALTER DEFAULT PRIVILEGES FOR ROLE {self.owner} IN SCHEMA public"
        return [
            # Only a member may speak for the owner of the tables; a superuser is one anyway.
            f"GRANT {self.owner} TO CURRENT_USER",
            f"REVOKE ALL ON DATABASE {self.database} FROM PUBLIC, {self.owner}, {self.runtime}",
            f"GRANT CONNECT ON DATABASE {self.database} TO {self.owner}, {self.runtime}",
            f"REVOKE ALL ON SCHEMA public FROM PUBLIC, {self.runtime}",
            f"GRANT USAGE, CREATE ON SCHEMA public TO {self.owner}",
            f"GRANT USAGE ON SCHEMA public TO {self.runtime}",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {self.runtime}",
            f"GRANT {rows} ON ALL TABLES IN SCHEMA public TO {self.runtime}",
            f"GRANT {counters} ON ALL SEQUENCES IN SCHEMA public TO {self.runtime}",
            f"{default} GRANT {rows} ON TABLES TO {self.runtime}",
            f"{default} GRANT {counters} ON SEQUENCES TO {self.runtime}",
            f"REVOKE {self.owner} FROM CURRENT_USER",
        ]


def _made(role: str) -> str:
    """Made once; a role of that name with more rights than any service has is no place to begin."""
    return (
        f"DO $$ BEGIN "  # noqa: S608 - the name was checked
        f"IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN "
        f"CREATE ROLE {role}; END IF; "
        f"IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}' "
        f"AND (rolsuper OR rolreplication OR rolbypassrls)) THEN "
        f"RAISE EXCEPTION '{role} is a superuser, or may replicate or pass row security: "
        f"take that away first'; END IF; END $$"
    )
