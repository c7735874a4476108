"""A form being filled in: what was typed, what was taken over, and the case it belongs to."""

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from services.portal.domain.provenance import Origin
from services.portal.store import Sealed
from shared import clock
from shared.db import Database
from shared.ids import new_id


@dataclass(slots=True)
class Application:
    """One form under way, for one item version and one person or organisation.

    `given` are the values as the sources gave them, `down` the sources that did not answer.
    """

    id: str
    item: str
    version: int
    form: dict[str, Any]
    origins: dict[str, Origin]
    number: str = ""
    case_version: int = 0
    sent: bool = False
    given: dict[str, Any] = field(default_factory=dict)
    down: list[str] = field(default_factory=list)

    @property
    def draft_key(self) -> str:
        """The same answers, sent twice, are one draft: a key is bound to one body."""
        answers = orjson.dumps(self.form, option=orjson.OPT_SORT_KEYS)
        return f"{self.id}-{hashlib.sha256(answers).hexdigest()[:16]}"

    @property
    def submit_key(self) -> str:
        """However often the button is pressed, it is one submission of this draft."""
        return f"{self.id}-submit-{self.case_version}"

    @property
    def fixed(self) -> frozenset[str]:
        """The fields whose value stands."""
        return frozenset(name for name, origin in self.origins.items() if origin.fixed)


class Applications:
    """Forms under way; they end with the visit, what was saved is a draft among the cases."""

    def __init__(self, db: Database, sealed: Sealed, life: timedelta) -> None:
        self._db = db
        self._sealed = sealed
        self._life = life

    def begin(self, item: str, version: int) -> Application:
        """A new one."""
        return Application(
            id=new_id("app"),
            item=item,
            version=version,
            form={},
            origins={},
        )

    async def find(self, visit: str, key: str) -> Application | None:
        """A form of this visit."""
        async with self._db.read() as connection:
            content = await self._sealed.find(connection, key, clock.now(), visit=visit)
        return _read(content) if content else None

    async def keep(self, visit: str, application: Application) -> None:
        """Keep it as it is now."""
        async with self._db.write() as tx:
            until = clock.now() + self._life
            await self._sealed.put(tx, application.id, asdict(application), until, visit=visit)

    async def forget_visit(self, visit: str) -> None:
        """Forget the forms of a visit that ended."""
        async with self._db.write() as tx:
            await self._sealed.drop_of(tx, visit)

    async def forget(self) -> None:
        """Drop what has expired."""
        async with self._db.write() as tx:
            await self._sealed.forget(tx, clock.now())


def _read(content: dict[str, Any]) -> Application:
    origins = {name: Origin.read(kept) for name, kept in content.pop("origins").items()}
    return Application(**content, origins=origins)
