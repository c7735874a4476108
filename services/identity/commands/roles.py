"""Changing what a role opens and excludes, or adding one."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.roles import Role, changed_role
from services.identity.events import StaffRoleChanged
from services.identity.store.roles import all_roles, put_role, staff_roles
from shared.clock import now


class RoleBook:
    """The acts on roles; each runs in the caller's transaction."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def put(self, tx: AsyncConnection, role: Role, *, by: str) -> Role:
        """Store a role; what it no longer opens is gone with the next token of each office."""
        checked = changed_role(role, {**await all_roles(tx), role.code: role})
        kept = await put_role(tx, checked, by=by, at=now())
        event = StaffRoleChanged(
            role=kept.code,
            scopes=sorted(kept.scopes),
            conflicts=sorted(kept.conflicts),
            passes=kept.passes,
        )
        await self._records.tell(tx, staff_roles, kept.code, event)
        facts = event.model_dump(mode="json")
        await self._records.prove(tx, "change_role", kept.code, by, facts)
        return kept
