"""补正 through the API, and the notice that tells of it."""

from typing import Any

NOTICE = {"fields": ["shop"], "materials": ["M01"], "reasons": "店名与执照不一致"}


async def test_the_applicant_supplies_what_was_asked_for(cases: Any) -> None:
    number = await cases.start()
    asked = await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    assert asked.json()["status"] == "correcting"
    seen = await cases.case(number)
    assert seen["correction"] == NOTICE | {"repeated": False}
    assert seen["acts"] == ["correct", "withdraw"]
    assert seen["next"]["who"] == "applicant"
    done = await cases.act(number, "correct", cases.citizen(), form={"shop": "云州小馆"})
    assert done.json()["status"] == "submitted"
    assert (await cases.case(number))["form"]["shop"] == "云州小馆"


async def test_what_nobody_asked_for_does_not_change(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    refused = await cases.act(number, "correct", cases.citizen(), form={"seats": 9})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/form/seats"
    assert (await cases.case(number))["status"] == "correcting"


async def test_a_correction_has_to_fit_the_form(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    refused = await cases.act(number, "correct", cases.citizen(), form={"shop": "长" * 21})
    assert refused.json()["errors"][0]["detail"] == "店名请控制在 20 字以内。"


async def test_a_second_notice_is_flagged(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    await cases.act(number, "correct", cases.citizen(), form={"shop": "云州小馆"})
    await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    seen = await cases.case(number)
    assert seen["correction"]["repeated"]
    assert seen["corrections"] == 2


async def test_a_notice_stays_within_the_pinned_version(cases: Any) -> None:
    number = await cases.start()
    notice = NOTICE | {"materials": ["M99"]}
    refused = await cases.act(number, "request-correction", cases.staff(), **notice)
    assert refused.status_code == 422
    assert refused.json()["unknown"] == ["materials/M99"]
    empty = await cases.act(number, "request-correction", cases.staff(), reasons="缺")
    assert empty.status_code == 422
