"""补正 through the API, and the notice that tells of it."""

from typing import Any

import pytest

NOTICE = {"fields": ["shop"], "materials": ["M01"], "reasons": "店名与执照不一致"}
HOW = "平面图明天交到窗口"


async def test_the_applicant_supplies_what_was_asked_for(cases: Any) -> None:
    number = await cases.start()
    asked = await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    assert asked.json()["status"] == "correcting"
    seen = await cases.case(number)
    assert seen["correction"] == NOTICE | {"repeated": False}
    assert seen["acts"] == ["correct", "withdraw"]
    assert seen["next"]["who"] == "applicant"
    given = {"form": {"shop": "云州小馆"}, "note": HOW}
    done = await cases.act(number, "correct", cases.citizen(), **given)
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
    refused = await cases.act(
        number, "correct", cases.citizen(), form={"shop": "长" * 21}, note=HOW
    )
    assert refused.json()["errors"][0]["detail"] == "店名请控制在 20 字以内。"


async def test_a_second_notice_is_flagged(cases: Any) -> None:
    number = await cases.start()
    await cases.act(number, "request-correction", cases.staff(), **NOTICE)
    await cases.act(number, "correct", cases.citizen(), form={"shop": "云州小馆"}, note=HOW)
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


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "补正通知要求补交材料，请在说明里写明材料怎么交、什么时候交。"),
        ("en", "The notice asks for materials: say in the note how and when you hand them in."),
    ],
)
async def test_materials_that_were_asked_for_come_with_a_word_on_how(
    cases_everywhere: Any, language: str, words: str
) -> None:
    cases = cases_everywhere
    number = await cases.start()
    notice = {"materials": ["M01"], "reasons": "缺平面图"}
    await cases.act(number, "request-correction", cases.staff(), **notice)
    citizen = cases.citizen() | {"Accept-Language": language}
    for body in ({}, {"note": "  \n"}):
        refused = await cases.act(number, "correct", citizen, **body)
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert (error["pointer"], error["detail"]) == ("/note", words)
    assert (await cases.case(number))["status"] == "correcting"
    assert (await cases.act(number, "correct", citizen, note=HOW)).status_code == 200


async def test_fields_alone_need_no_note(cases: Any) -> None:
    number = await cases.start()
    notice = {"fields": ["shop"], "reasons": "店名不全"}
    await cases.act(number, "request-correction", cases.staff(), **notice)
    done = await cases.act(number, "correct", cases.citizen(), form={"shop": "云州小馆"})
    assert done.status_code == 200
