"""Whatever a sender says about a person, nothing of it is found in the store afterwards."""

from pathlib import Path

import pytest

from tests.support.traces import CASE, Traces, message, running, trace_id

NAME, PINYIN = "张若溪", "zhangruoxi"
NUMBER, PHONE, ACCOUNT = "990102199603140423", "13800138000", "6222021234567890123"
MAIL = "zhangruoxi@example.cn"
MARKERS = (NAME, PINYIN, NUMBER, PHONE, ACCOUNT, MAIL, "example.cn/zh")
ATTRIBUTES = {
    "enduser.id": PINYIN,
    "enduser.scope": NAME,
    "user.email": MAIL,
    "user.full_name": NAME,
    "user.id": NUMBER,
    "client.address": f"{PINYIN}.home",
    "http.url": f"https://{PINYIN}:pw@api.example.com/people/{NUMBER}?name={NAME}",
    "url.full": f"https://api.example.com/{PINYIN}?phone={PHONE}",
    "url.query": f"name={NAME}",
    "url.path": f"/people/{PINYIN}",
    "http.target": f"/people/{PINYIN}?x={PHONE}",
    "http.request.header.cookie": [PINYIN],
    "db.statement": f"SELECT * FROM people WHERE name = '{NAME}' AND mail = \"{MAIL}\"",
    "db.query.text": f"UPDATE p SET phone = {PHONE}, who = $${PINYIN}$$ -- {NAME}",
    "exception.message": f"{NAME} has no account",
    "exception.stacktrace": f"File x\n ValueError: {NAME}",
    "app.applicant": NAME,
    "vendor.note": f"call {PHONE} or {MAIL}",
    "messaging.message.id": f"for {PHONE}",
    "tongban.purpose": f"asked for {NUMBER} by {MAIL}",
    "tongban.count": int(PHONE),
    "tongban.applicant": NAME,
    "tongban.case_number": CASE,
    NAME: "a name as a key",
    f"who.{NUMBER}": True,
}


def told_by_a_foreigner() -> list[object]:
    span = message(
        1, 1, kind="server", name=f"GET /people/{NUMBER}/{NAME}?phone={PHONE}",
        attributes=ATTRIBUTES,
    )  # fmt: skip
    span.status.message = f"{NAME} was refused"
    span.trace_state = f"who={PINYIN}"
    moment = span.events.add(name=f"mail to {MAIL}", time_unix_nano=span.start_time_unix_nano)
    moment.attributes.extend(message(1, 1, attributes=ATTRIBUTES).attributes)
    link = span.links.add(trace_id=span.trace_id, span_id=span.span_id)
    link.attributes.extend(message(1, 1, attributes=ATTRIBUTES).attributes)
    return [span]


@pytest.mark.parametrize("listed", [(), ("app.*", "vendor.note", "user.*", "exception.message")])
async def test_nothing_of_a_marker_person_is_stored(
    tmp_path: Path, listed: tuple[str, ...]
) -> None:
    """An installation may keep more attributes; never those about persons, and masked."""
    url = f"sqlite:///{tmp_path}/traces.db"
    async with running(url, tmp_path, attributes=frozenset(listed)) as traces:
        resource = {"host.name": PINYIN, "user.name": NAME, "service.owner": NAME}
        await traces.send(*told_by_a_foreigner(), resource=resource)  # type: ignore[arg-type]
        await traces.send(message(2, 1), service=f"app of {NAME}")
        await traces.written(2)
        everything = await traces.everything()
        allowed = {NAME} if "app.*" in listed else set()  # what the installation asked for
        for marker in set(MARKERS) - allowed:
            assert marker not in everything, marker
        await _technical_facts_are_there(traces)


async def _technical_facts_are_there(traces: Traces) -> None:
    (span,) = (await traces.get(f"/v1/traces/{trace_id(1)}"))["tree"]
    assert span["name"] == "GET /people/*/*"
    assert span["attributes"]["tongban.case_number"] == CASE
    assert span["attributes"]["url.full"] == "https://api.example.com/…"
    assert span["attributes"]["db.statement"] == "SELECT * FROM people WHERE name = ? AND mail = ?"
    assert span["attributes"]["tongban.count"] == "[phone]"
    assert "name" not in span["attributes"]
    assert span["dropped_attributes"] >= 14
    (other,) = (await traces.get(f"/v1/traces/{trace_id(2)}"))["tree"]
    assert other["service"] == "unknown_service"
