"""A case and a calendar to try the law on."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.cases.domain import Case, Moment, Status, Terms, WorkingCalendar
from services.cases.store.calendar import published_days


@pytest.fixture(scope="session")
def calendar() -> WorkingCalendar:
    """China's working days, as published."""
    days: dict[Any, Any] = {day["day"]: day["working"] for day in published_days()}
    return WorkingCalendar(days, frozenset(day.year for day in days))


@pytest.fixture
def on(calendar: WorkingCalendar) -> Callable[[str], Moment]:
    """Ten in the morning of a day in Shanghai."""

    def moment(day: str) -> Moment:
        at = datetime.fromisoformat(f"{day}T02:00:00").replace(tzinfo=UTC)
        return Moment(at, date.fromisoformat(day), calendar)

    return moment


@pytest.fixture
def case(on: Callable[[str], Moment]) -> Case:
    """A draft of an item with 10 promised and 20 statutory days."""
    return Case(
        id="018f0000-0000-7000-8000-000000000001",
        number="99010200000020260302001000001A",
        item_code="ITEM",
        item_version=1,
        region="990102000000",
        department="11990102MB2824177L",
        channel="001",
        applicant_type="person",
        applicant="psn_citizen",
        agent="psn_citizen",
        terms=Terms(10, 20),
        drafted_at=on("2026-03-02").at,
    )


@pytest.fixture
def submitted(case: Case, on: Callable[[str], Moment]) -> Case:
    """Received on Monday, 2 March 2026."""
    case.submit(on("2026-03-02"))
    assert case.status is Status.SUBMITTED
    return case


@pytest.fixture
def accepted(submitted: Case, on: Callable[[str], Moment]) -> Case:
    """Accepted on Tuesday, 3 March 2026."""
    submitted.accept(on("2026-03-03"))
    return submitted
