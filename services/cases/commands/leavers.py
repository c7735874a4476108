"""Who closed the account: his drafts go, what he submitted is a legal record and stays."""

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cases.domain import Status
from services.cases.store.papers import Papers
from services.cases.store.tables import cases


class Leavers:
    """The retention table of cases: a draft's form and where it came from are emptied.

    A submitted case keeps form and snapshot, sealed, for as long as its archive is kept; that is
    what the law asks (政务服务电子文件归档). It names its people by opaque ids.
    """

    def __init__(self, papers: Papers) -> None:
        self._papers = papers

    async def erase(self, tx: AsyncConnection, person: str) -> int:
        """Empty his drafts, and those that he made for others; says how many."""
        theirs = or_(cases.c.applicant == person, cases.c.agent == person)
        drafts = select(cases.c.id).where(theirs, cases.c.status == Status.DRAFT.value)
        found = list(await tx.scalars(drafts))
        for id_ in found:
            emptied = update(cases).where(cases.c.id == id_)
            await tx.execute(emptied.values(form=self._papers.seal_form(id_, {}), provenance={}))
        return len(found)
