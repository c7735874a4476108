"""Who sees what, what is written down of it, and what never leaves."""

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select


async def test_a_case_of_another_is_not_there(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    for path in ("", "/history", "/clock"):
        answer = await cases.http.get(
            f"/v1/cases/{number}{path}", headers=cases.citizen("psn_other")
        )
        assert answer.status_code == 404
        missing = await cases.http.get(
            f"/v1/cases/{'0' * 30}{path}", headers=cases.citizen("psn_other")
        )
        assert answer.json()["type"] == missing.json()["type"]


async def test_a_draft_is_nobodys_business(cases: Any) -> None:
    number = await cases.start("draft")
    for who in (cases.staff(), cases.system(), cases.staff("inspector")):
        assert (await cases.http.get(f"/v1/cases/{number}", headers=who)).status_code == 404
        assert (await cases.act(number, "accept", who)).status_code in (403, 404)


async def test_each_read_by_another_is_written_down(cases_everywhere: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    await cases.case(number)
    await cases.case(number, cases.staff())
    async with cases.db.read() as connection:
        reads = await cases.app.state.runtime.access.of_person(connection, "psn_citizen")
    assert [(r.staff_id, r.purpose, r.case_number) for r in reads] == [("stf_1", "handle", number)]


async def test_nobody_reads_anothers_case_as_his_own(cases: Any) -> None:
    number = await cases.start()
    for who in (cases.staff(), cases.system(), cases.staff("officer", "inspector")):
        asked = {"headers": who, "params": {"purpose": "own"}}
        answer = await cases.http.get(f"/v1/cases/{number}", **asked)
        assert answer.status_code == 404 or answer.json()["form"] is None
    async with cases.db.read() as connection:
        assert not await cases.app.state.runtime.access.of_person(connection, "psn_citizen")


async def test_an_inspector_sees_the_course_and_not_the_words(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "accept", cases.staff(), note="材料齐全")
    inspector = cases.staff("inspector", department="11990100MB0000001X", region="990100000000")
    seen = await cases.case(number, inspector)
    assert seen["status"] == "accepted"
    assert seen["form"] is None
    assert seen["provenance"] is None
    assert seen["applicant"]["known"] is None
    assert seen["acts"] == []
    history = await cases.http.get(f"/v1/cases/{number}/history", headers=inspector)
    assert [line["act"] for line in history.json()["lines"]] == ["draft", "submit", "accept"]
    assert all(line["words"] is None for line in history.json()["lines"])
    mine = await cases.http.get(f"/v1/cases/{number}/history", headers=cases.citizen())
    assert mine.json()["lines"][-1]["words"] == {"note": "材料齐全"}


async def test_what_people_are_called_never_leaves_the_sealed_columns(
    cases_everywhere: Any, world: Any, tables: Any, capfd: Any, tmp_path: Path
) -> None:
    cases = cases_everywhere
    marker = "标记某某"
    world.people["psn_citizen"]["name"] = marker
    world.household["household_address"] = f"{marker}路"
    number = await cases.start(form={"shop": f"{marker}馆"})
    await cases.act(
        number, "request-correction", cases.staff(), fields=["shop"], reasons=f"{marker}不清"
    )
    await cases.act(number, "correct", cases.citizen(), form={"shop": marker}, note=marker)
    await cases.act(number, "accept", cases.staff(), note=marker)
    await cases.act(number, "decide", cases.staff(), outcome="granted", result=f"准予{marker}")
    seen = await cases.case(number, cases.staff())
    assert marker in orjson.dumps(seen).decode()
    async with cases.db.read() as connection:
        for table in tables.values():
            for row in (await connection.execute(select(table))).all():
                assert marker not in repr(tuple(row)), table.name
                assert marker.encode() not in b"".join(
                    value for value in row if isinstance(value, bytes)
                ), table.name
    assert marker not in "".join(capfd.readouterr())
    files = list(tmp_path.rglob("*.db*"))  # noqa: ASYNC240 - the event log and journals too
    assert not [file.name for file in files if marker.encode() in file.read_bytes()]


async def test_each_act_has_its_evidence(cases_everywhere: Any, tables: Any) -> None:
    cases = cases_everywhere
    number = await cases.start()
    await cases.act(number, "accept", cases.staff())
    rows = tables["evidence_rows"]
    async with cases.db.read() as connection:
        found = (await connection.execute(select(rows.c.row).order_by(rows.c.id))).scalars()
        acts = [orjson.loads(row) for row in found]
    assert [act["act"] for act in acts] == ["cases.draft", "cases.submit", "cases.accept"]
    assert {act["subject"] for act in acts} == {number}
    assert acts[-1]["actor"] == {"client": "portal", "id": "stf_1", "kind": "staff"}


async def test_a_case_carries_its_version_as_a_tag(cases: Any) -> None:
    number = await cases.start()
    answer = await cases.http.get(f"/v1/cases/{number}", headers=cases.citizen())
    assert answer.headers["etag"] == '"2"'
    assert answer.headers["cache-control"] == "no-store"
