"""What is kept of a span that somebody else wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.traces.commands.scrubbing import Scrubbing, texts
from services.traces.domain import Span

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def span(**changes: object) -> Span:
    given = {"trace_id": "1" * 32, "span_id": "2" * 16, "parent_id": None, "service": "vendor",
             "name": "work", "kind": "internal", "start_ns": 1, "duration_ns": 1}  # fmt: skip
    return Span(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("SELECT a FROM t WHERE b = 'x''y' AND c = 12.5", "SELECT a FROM t WHERE b = ? AND c = ?"),
        ("INSERT INTO t VALUES (1, N'张', X'ff')", "INSERT INTO t VALUES (?, ?, ?)"),
        ("SELECT 'never ends", "SELECT ?"),
        ("SELECT $tag$ 张 $tag$, $1", "SELECT ?, $1"),
        ("SELECT a -- 张\nFROM t2 /* 张 */", "SELECT a ? FROM t2 ?"),
        ('SELECT a FROM t WHERE b = "张"', "SELECT a FROM t WHERE b = ?"),
        ("SELECT a FROM t WHERE b = :name AND c = ?", "SELECT a FROM t WHERE b = :name AND c = ?"),
    ],
)
def test_a_statement_keeps_its_form_and_loses_its_values(statement: str, kept: str) -> None:
    assert texts.statement(statement) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("GET /v1/cases/{number}", "GET /v1/cases/{number}"),
        ("GET /people/990102199603140423", "GET /people/*"),
        ("GET /people/张若溪?x=1", "GET /people/*"),
        ("GET /people/%E5%BC%A0/files/7f3a", "GET /people/*/files/*"),
        ("publish tongban.cases.case_submitted.v1", "publish tongban.cases.case_submitted.v1"),
        ("mail to a@b.cn", "mail to [e-mail]"),
        ("call 13800138000", "call [phone]"),
        ("Order.create", "Order.create"),
    ],
)
def test_a_name_shows_no_more_than_a_route_would(name: str, kept: str) -> None:
    assert Scrubbing().span(span(name=name)).name == kept


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://u:p@api.example.com:8443/people/7?x=1#y", "https://api.example.com:8443/…"),
        ("http://[::1", "[not kept]"),
        ("not an address", "[not kept]"),
        ("http://host:99999/", "[not kept]"),
    ],
)
def test_of_an_address_the_host_is_kept(address: str, kept: str) -> None:
    assert texts.address(address) == kept


def test_attributes_that_nobody_knows_are_counted_and_dropped() -> None:
    given = {"http.route": "/v1", "app.note": "hello", "user.id": "x", "enduser.id": "y"}
    kept = Scrubbing().span(span(attributes=given))
    assert kept.attributes == {"http.route": "/v1"}
    assert kept.dropped == 3


def test_an_installation_may_list_more_but_never_what_is_about_persons() -> None:
    listed = Scrubbing(["app.*", "vendor.zone", "user.*", "exception.message"])
    given = {"app.note": "call 13800138000", "vendor.zone": "b", "vendor.other": "c",
             "user.id": "x", "exception.message": "x", "application": "y"}  # fmt: skip
    kept = listed.span(span(attributes=given))
    assert kept.attributes == {"app.note": "call [phone]", "vendor.zone": "b"}


def test_case_numbers_and_ids_of_events_stay_as_they_are() -> None:
    case = "990102000000202611210010000011"
    event = "0192f7a0-1234-7000-8000-138001380001"
    given = {"tongban.case_number": case, "messaging.message.id": event}
    assert Scrubbing().span(span(attributes=given)).attributes == given


def test_what_no_database_stores_is_taken_out() -> None:
    assert texts.clean("a\x00b\ud800c\nd") == "a b c d"


@given(st.text(), st.dictionaries(st.text() | st.sampled_from(["db.name", "http.url"]), ANY))
def test_whatever_comes_can_be_stored_and_is_of_bounded_length(
    name: str, attributes: dict[str, object]
) -> None:
    kept = Scrubbing(["a.*"]).span(span(name=name, attributes=attributes))
    assert 0 < len(kept.name) <= 300
    for value in kept.attributes.values():
        text = str(value)
        assert "\x00" not in text
        text.encode()
    assert kept.dropped + len(kept.attributes) >= len(attributes) - 1
