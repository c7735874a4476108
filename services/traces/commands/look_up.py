"""Whoever looks into traces is written down, before anything is shown."""

from collections.abc import Mapping

from services.traces.policy import OPERATION, policy
from shared.access import AccessLog
from shared.auth import Subject
from shared.db import Database
from shared.evidence import Evidence
from shared.telemetry.scrub import mask


class LookUps:
    """The audit of look-ups: a line in the access log, and evidence that cannot be taken back."""

    def __init__(self, db: Database, access: AccessLog, evidence: Evidence) -> None:
        self._db = db
        self._access = access
        self._evidence = evidence

    async def allow(self, subject: Subject, sought: Mapping[str, str | float | bool]) -> None:
        """Let an operator look for this and write it down, or raise Denied.

        `sought` names what was asked for: a trace, a case, the filters of a search.
        """
        decision = policy.check(subject, "look_up", sought, OPERATION)
        case = sought.get("case")
        target = str(sought.get("trace") or case or "traces")
        masked = {
            n: mask(value) if isinstance(value, str) else value for n, value in sought.items()
        }
        async with self._db.write() as tx:
            await self._access.record(
                tx,
                subject,
                target,
                fields=["traces"],
                purpose=OPERATION,
                basis=decision.basis,
                case=str(case) if case else None,
            )
            await self._evidence.record(
                tx,
                act="traces.look_up",
                subject=target,
                actor={
                    "sub": subject.sub,
                    "staff": subject.staff.id if subject.staff else None,
                    "client": subject.client_id,
                },
                facts={"sought": masked},
            )
