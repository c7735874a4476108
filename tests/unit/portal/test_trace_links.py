"""Links to traces: our own pages or a tool's, checked at the start."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from services.portal.domain.trace_links import CASE, TRACE, filled
from services.portal.settings import Settings

ID, NUMBER = "0af7651916cd43dd8448eb211c80319c", "990102000000202611210010000018"


def settings(**told: str) -> Settings:
    return Settings(KEYS_FOLDER=Path("/nowhere"), **told)  # type: ignore[arg-type]


def test_without_a_tool_they_lead_to_our_own_pages() -> None:
    told = settings()
    assert filled(told.trace_url, TRACE, ID) == f"/ops/traces/{ID}"
    assert filled(told.trace_search_url, CASE, NUMBER) == f"/ops/traces?case={NUMBER}"


def test_jaegers_addresses_are_escaped_as_a_link_needs_it() -> None:
    base = "http://jaeger:16686"
    tags = '{"tongban.case_number":"{case_number}"}'
    search = f"{base}/search?service=cases&tags={tags}"
    told = settings(TRACE_URL=f"{base}/trace/{TRACE}", TRACE_SEARCH_URL=search)
    assert filled(told.trace_url, TRACE, ID) == f"{base}/trace/{ID}"
    assert filled(told.trace_search_url, CASE, NUMBER) == (
        f"{base}/search?service=cases&tags=%7B%22tongban.case_number%22:%22{NUMBER}%22%7D"
    )


def test_one_that_is_escaped_already_stays_as_it_is() -> None:
    search = "https://j.example/search?tags=%7B%22tongban.case_number%22%3A%22{case_number}%22%7D"
    told = settings(TRACE_SEARCH_URL=search)
    assert filled(told.trace_search_url, CASE, "1 2") == search.replace(CASE, "1%202")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACE_URL", ""),
        ("TRACE_URL", "/ops/traces/"),
        ("TRACE_URL", "javascript:alert('{trace_id}')"),
        ("TRACE_URL", "//evil.example/{trace_id}"),
        ("TRACE_URL", "/{trace_id}/{trace_id}"),
        ("TRACE_SEARCH_URL", "/ops/traces?case={trace_id}"),
        ("TRACE_SEARCH_URL", "jaeger:16686/{case_number}"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError, match=name):
        settings(**{name: value})
