"""Read a call again: its values for a short time, so that a submission can be checked with them."""

from typing import Any

from services.exchange.commands.problems import CallNotFound
from services.exchange.policy import policy
from services.exchange.store import Answers, CallRow, Calls, Vault
from shared.access import AccessLog
from shared.auth import Subject
from shared.clock import now
from shared.db import Database
from shared.web import Text


class Reread:
    """Gives values again, and writes down who read them."""

    def __init__(self, db: Database, access: AccessLog, vault: Vault) -> None:
        self._db = db
        self._access = access
        self._vault = vault

    async def call(self, subject: Subject, call_id: str) -> tuple[CallRow, dict[str, Any] | None]:
        """The call, and its values or None when they are no longer kept."""
        async with self._db.read() as connection:
            call = await Calls(connection).find(call_id)
            sealed = await Answers(connection).find(call_id, now())
        allowed = call and policy.decide(subject, "read_call", call, call.purpose).allowed
        if call is None or not allowed:
            # Whether another's call exists is nobody's business.
            raise CallNotFound(
                Text(f"没有编号为 {call_id} 的调用。", f"There is no call {call_id}.")
            )
        if sealed is None:
            return call, None
        async with self._db.write() as tx:
            await self._access.record(
                tx,
                subject,
                call.party,
                fields=call.fields,
                purpose=call.purpose,
                basis=f"read again: {call.basis}",
                case=call.case_number,
            )
        return call, self._vault.open(call_id, sealed)
