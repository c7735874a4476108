"""Only who runs the platform looks into traces, and each look-up is written down."""

import json
from typing import Any

import pytest

from tests.support.traces import CASE, Traces, message, trace_id

LOOK_UPS = ("/v1/traces", f"/v1/traces/{trace_id(1)}", f"/v1/cases/{CASE}/timeline")


@pytest.mark.parametrize("path", LOOK_UPS)
async def test_nobody_but_an_operator_looks(traces: Traces, path: str) -> None:
    audience: dict[str, Any] = {"aud": [f"{traces.tokens.base}/api/traces"]}
    officer = traces.tokens.staff(roles=("officer",), scopes="ops.read", **audience)
    monitoring = traces.tokens.system("prometheus", scopes="ops.read", **audience)
    without = traces.tokens.staff(roles=("system_administrator",), scopes="events.read", **audience)
    expected = {officer: "not_an_operator", monitoring: "not_an_operator", without: None}
    for token, reason in expected.items():
        answer = await traces.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403
        assert answer.json().get("reason") == reason
    assert (await traces.http.get(path)).status_code == 401
    assert await traces.rows("access_log") == []


async def test_a_monitoring_system_reads_figures_and_no_case(traces: Traces) -> None:
    token = traces.tokens.system(
        "prometheus", scopes="ops.read", aud=[f"{traces.tokens.base}/api/traces"]
    )
    answer = await traces.http.get("/v1/services", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def test_each_look_up_is_in_the_access_log_and_in_evidence(traces: Traces) -> None:
    await traces.send(message(1, 1, tongban__case_number=CASE))
    await traces.written(1)
    await traces.get("/v1/traces", case=CASE, error=True)
    await traces.get(f"/v1/traces/{trace_id(1)}")
    await traces.get(f"/v1/cases/{CASE}/timeline")
    log = await traces.rows("access_log")
    assert [row.subject_id for row in log] == [CASE, trace_id(1), CASE]
    assert {(row.staff_id, row.purpose, row.basis) for row in log} == {
        ("stf_operator", "operation", "operator of the platform")
    }
    assert [row.case_number for row in log] == [CASE, None, CASE]
    rows = [json.loads(row.row) for row in await traces.rows("evidence_rows")]
    sought = {json.dumps(row["facts"]["sought"], sort_keys=True) for row in rows}
    assert json.dumps({"case": CASE, "error": True, "min_ms": 0}, sort_keys=True) in sought
    assert {row["act"] for row in rows} == {"traces.look_up"}


async def test_a_look_up_that_finds_nothing_is_written_down_too(traces: Traces) -> None:
    await traces.http.get(f"/v1/traces/{trace_id(7)}", headers=traces.operator())
    assert [row.subject_id for row in await traces.rows("access_log")] == [trace_id(7)]


async def test_a_number_of_a_person_does_not_enter_the_audit(traces: Traces) -> None:
    await traces.get("/v1/traces", item="990102199603140423")
    assert "990102199603140423" not in await traces.everything()
