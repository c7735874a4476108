"""Who closed the account: drafts are emptied, what was submitted is a legal record and stays."""

from typing import Any

from sqlalchemy import select

from services.cases.store.papers import Papers
from shared.events import Envelope, Message
from tests.support.stations import until

ITEM = "11990102MB2824177L4000105001000"
FORM = {"shop": "湖光小馆"}


async def leave(cases: Any, person: str) -> None:
    """Put the event of identity on the bus, as its relay does."""
    envelope = Envelope(
        source="/services/identity",
        type="tongban.identity.person_closed.v1",
        subject=person,
        sequence=1,
        data={"person": person},
    )
    await cases.app.state.runtime.bus.publish("tongban.identity", [Message.of(envelope)])


async def forms(cases: Any, tables: Any) -> dict[str, Any]:
    """Every stored form by the case's number."""
    kept, papers = tables["cases"], Papers(lambda: cases.app.state.runtime.keyring)
    async with cases.db.read() as connection:
        rows = await connection.execute(select(kept.c.id, kept.c.number, kept.c.form))
        return {row.number: papers.open_form(row.id, row.form) for row in rows}


async def emptied(cases: Any, tables: Any, number: str) -> None:
    """Wait until a form is empty."""

    async def empty() -> bool:
        return not (await forms(cases, tables))[number]

    await until(empty)


async def test_a_draft_is_emptied_and_another_persons_is_not(cases: Any, tables: Any) -> None:
    mine, theirs = [
        (
            await cases.http.post(
                "/v1/cases", json={"item": ITEM, "form": FORM}, headers=cases.citizen(who)
            )
        ).json()["number"]
        for who in ("psn_leaver", "psn_other")
    ]
    assert await forms(cases, tables) == {mine: FORM, theirs: FORM}
    await leave(cases, "psn_leaver")
    await emptied(cases, tables, mine)
    assert (await forms(cases, tables))[theirs] == FORM


async def test_what_was_submitted_stays(cases: Any, tables: Any) -> None:
    body = {"item": ITEM, "form": FORM, "status": "submitted"}
    sent = await cases.http.post("/v1/cases", json=body, headers=cases.citizen("psn_leaver"))
    draft = await cases.http.post(
        "/v1/cases", json={"item": ITEM, "form": FORM}, headers=cases.citizen("psn_leaver")
    )
    await leave(cases, "psn_leaver")
    await emptied(cases, tables, draft.json()["number"])
    assert (await forms(cases, tables))[sent.json()["number"]]["shop"] == FORM["shop"]
