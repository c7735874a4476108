"""A case on its applicant's page and on the officer's desk."""

from typing import Any

import pytest


def token(page: Any) -> str:
    text: str = page.text
    return text.split('name="_csrf" value="')[1].split('"', maxsplit=1)[0]


@pytest.fixture
def number(gateway: Any) -> str:
    """A submitted case."""
    known = {"name": "张若溪", "address": "湖滨路20号", "child": "李沐禾", "delivery": "自取"}
    case = {"number": "990102000000202611210010000018", "item": gateway.items["item-1"],
            "form": known, "status": "submitted", "version": 2, "history": [],
            "correction": None, "decision": None}  # fmt: skip
    gateway.cases[case["number"]] = case
    return str(case["number"])


async def act(browser: Any, number: str, name: str, **fields: Any) -> Any:
    page = await browser.visit(f"/desk/cases/{number}")
    version = page.text.split('name="version" value="')[1].split('"')[0]
    return await browser.submit(
        page, f"/desk/cases/{number}/{name}", version=version, key=f"key-{name}", **fields
    )


async def test_progress_says_where_it_stands_and_until_when(browser: Any, number: str) -> None:
    page = await browser.visit(f"/me/cases/{number}")
    assert "已提交，等待受理" in page.text
    assert "2026年11月27日" in page.text
    assert "行政许可法第三十二条" in page.text


async def test_a_missing_part_does_not_take_the_page(
    browser: Any, gateway: Any, number: str
) -> None:
    gateway.down.add("cases.history")
    page = await browser.visit(f"/me/cases/{number}")
    assert page.status_code == 200
    assert "这一部分暂时取不到" in page.text


async def test_withdrawing_wants_to_be_meant(browser: Any, gateway: Any, number: str) -> None:
    page = await browser.visit(f"/me/cases/{number}")
    await browser.submit(page, f"/me/cases/{number}/withdraw", key="k1")
    assert gateway.cases[number]["status"] == "submitted"
    await browser.submit(page, f"/me/cases/{number}/withdraw", key="k1", sure="1")
    assert gateway.cases[number]["status"] == "withdrawn"


async def test_the_desk_shows_each_answer_with_its_source(browser: Any, number: str) -> None:
    page = await browser.visit(f"/desk/cases/{number}")
    assert "户籍人口信息" in page.text
    assert '申请人 <b lang="zh-CN">张若溪</b>' in page.text
    assert "cal_00000007" in page.text


async def test_the_desk_sees_what_the_applicant_declared_himself(
    browser: Any, gateway: Any, number: str
) -> None:
    gateway.down.add("population/household")
    page = await browser.visit(f"/desk/cases/{number}")
    assert "自填 · 部门系统当时不可用" in page.text


async def test_from_acceptance_to_delivery(browser: Any, gateway: Any, number: str) -> None:
    await act(browser, number, "accept")
    await act(browser, number, "decide", outcome="granted", result="户口簿")
    page = await act(browser, number, "deliver", means="post")
    assert "已完成：送达" in page.text
    assert gateway.cases[number]["status"] == "delivered"
    assert gateway.cases[number]["decision"]["result"] == "户口簿"


async def test_a_correction_is_asked_for_and_sent(browser: Any, gateway: Any, number: str) -> None:
    await act(browser, number, "request-correction", fields=["child"], reasons="请写全名")
    page = await browser.visit(f"/me/cases/{number}/correct")
    assert "请写全名" in page.text
    assert 'name="child"' in page.text
    assert 'name="delivery"' not in page.text
    wrong = await browser.submit(
        page, f"/me/cases/{number}/correct", key="k2", child="李", note="原件明天寄出"
    )
    assert "原件明天寄出" in wrong.text
    assert wrong.status_code == 422
    assert "孩子姓名至少要写 2 个字" in wrong.text
    await browser.submit(page, f"/me/cases/{number}/correct", key="k2", child="李沐禾禾")
    assert gateway.cases[number]["form"]["child"] == "李沐禾禾"
    assert gateway.cases[number]["status"] == "submitted"


async def test_who_comes_second_is_told_who_was_first_and_when(
    browser: Any, gateway: Any, number: str
) -> None:
    page = await browser.visit(f"/desk/cases/{number}")
    gateway.cases[number]["version"] += 1
    answer = await browser.submit(page, f"/desk/cases/{number}/accept", version="2", key="late")
    assert answer.status_code == 412
    assert "这个办件刚刚被别人办过了" in answer.text
    assert "b2c3d4" in answer.text
    assert gateway.cases[number]["status"] == "submitted"


async def test_a_refused_act_keeps_its_words(browser: Any, gateway: Any, number: str) -> None:
    gateway.refused = {"status": 409, "slug": "act-not-allowed", "detail": "五日已过"}
    page = await act(browser, number, "request-correction", fields=["child"], reasons="请写全名")
    assert page.status_code == 409
    assert "五日已过" in page.text
    assert "请写全名" in page.text


async def test_an_unknown_act_is_none(browser: Any, gateway: Any, number: str) -> None:
    page = await act(browser, number, "archive")
    assert page.status_code == 404
    assert gateway.cases[number]["status"] == "submitted"


async def test_the_worklist_shows_what_is_due(browser: Any, number: str) -> None:
    page = await browser.visit("/desk")
    assert number in page.text
    assert "还有 4 个工作日" in page.text


async def test_a_person_sees_who_read_his_data(browser: Any, gateway: Any) -> None:
    gateway.log.append({
        "id": "1", "at": "2026-11-20T02:15:00+00:00", "reader": "stf_1", "client": "cases",
        "department": "11990102MB2824177L", "fields": ["name", "id_number"], "purpose": "handle",
        "basis": "行政许可法第三十四条", "case": "990102000000202611210010000018",
    })  # fmt: skip
    page = await browser.visit("/me/data")
    assert "南湖区卫生健康局" in page.text
    assert "姓名、身份证号码" in page.text
    assert "办理您的申请" in page.text


async def test_a_row_more_in_a_correction_sends_nothing_yet(
    browser: Any, gateway: Any, number: str
) -> None:
    row = {"type": "object", "properties": {"name": {"type": "string", "title": "姓名"}}}
    gateway.items["item-1"]["form"]["properties"]["family"] = {
        "type": "array", "title": "家庭成员", "items": row,
    }  # fmt: skip
    gateway.cases[number] |= {
        "status": "correcting",
        "correction": {"fields": ["family"], "materials": [], "reasons": "请补全"},
    }
    path = f"/me/cases/{number}/correct"
    page = await browser.visit(path)
    row_more = {"family[0].name": "李明川", "_add": "family", "key": "k1"}
    shown = await browser.submit(page, path, **row_more)
    assert 'name="family[1].name"' in shown.text
    assert 'value="李明川"' in shown.text
    assert gateway.cases[number]["status"] == "correcting"
    await browser.submit(page, path, **{"family[0].name": "李明川", "key": "k1"})
    assert gateway.cases[number]["form"]["family"] == [{"name": "李明川"}]


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def traced(gateway: Any, number: str) -> str:
    """A case whose history tells which trace an act left."""
    line = {"seq": 2, "act": "submit", "actor": "psn_1", "actor_kind": "applicant", "version": 2,
            "at": "2026-11-21T02:15:00+00:00", "facts": {}, "words": None,
            "trace_id": TRACE}  # fmt: skip
    gateway.cases[number]["history"] = [line]
    return number


async def test_an_officer_sees_the_code_of_each_trace(
    browser: Any, gateway: Any, traced: str
) -> None:
    gateway.scope = "openid profile staff cases.handle cases.read"
    page = await browser.visit(f"/desk/cases/{traced}")
    assert "运行轨迹" in page.text
    assert TRACE[:8] in page.text
    assert TRACE not in page.text
    assert "/ops/traces" not in page.text.split("<main")[1]


async def test_who_runs_the_platform_is_led_to_the_traces(
    browser: Any, gateway: Any, traced: str
) -> None:
    gateway.scope = "openid profile staff cases.handle cases.read ops.read"
    page = await browser.visit(f"/desk/cases/{traced}")
    assert f'href="/ops/traces/{TRACE}"' in page.text
    assert f'href="/ops/traces?case={traced}"' in page.text


async def test_the_applicant_sees_no_trace(browser: Any, traced: str) -> None:
    page = await browser.visit(f"/me/cases/{traced}")
    assert "运行轨迹" not in page.text
    assert TRACE[:8] not in page.text
