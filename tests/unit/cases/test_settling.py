"""Whose word a value is: the source's, or the applicant's own (自填)."""

from typing import Any

import pytest

from services.cases.commands.settling import Gathered, Vouched, prefilled, settle
from services.cases.domain.item import PinnedItem


def _prefill(source: str, field: str, trust: str = "authoritative") -> dict[str, Any]:
    return {"type": "string", "x-prefill": {"source": source, "field": field, "trust": trust}}


@pytest.fixture
def item() -> PinnedItem:
    form = {
        "properties": {
            "name": _prefill("identity", "name"),
            "home": _prefill("population/household", "household_address"),
            "job": _prefill("social/insurance", "unit", "suggested"),
        }
    }
    return PinnedItem("C", 1, {"form": form})


KNOWN = Gathered(
    {
        ("identity", "name"): Vouched("王小兰"),
        ("population/household", "household_address"): Vouched("南湖区一号", "cal_1", "2026-05-01"),
    }
)


def test_what_is_left_to_a_source_is_filled_in_by_us(item: PinnedItem) -> None:
    outcome = settle(item, {"name": "王**", "job": "小馆"}, KNOWN)
    assert outcome.form == {"name": "王小兰", "home": "南湖区一号", "job": "小馆"}
    assert outcome.provenance["home"] == {
        "state": "authoritative",
        "source": "population/household",
        "call": "cal_1",
        "as_of": "2026-05-01",
    }
    assert "job" not in outcome.provenance


def test_what_differs_from_the_source_is_kept_and_marked(item: PinnedItem) -> None:
    outcome = settle(item, {"home": "北岭县二号"}, KNOWN)
    assert outcome.form["home"] == "北岭县二号"
    assert outcome.provenance["home"]["state"] == "self_declared"
    assert outcome.provenance["home"]["reason"] == "differs"


@pytest.mark.parametrize("reason", ["source_unavailable", "no_record", "no_permit"])
def test_a_silent_source_stops_nothing(item: PinnedItem, reason: str) -> None:
    silent = Gathered(silent={"population/household": reason})
    outcome = settle(item, {"home": "南湖区一号"}, silent)
    assert outcome.form == {"home": "南湖区一号"}
    assert outcome.provenance["home"] == {
        "state": "self_declared",
        "source": "population/household",
        "reason": reason,
    }
    assert not outcome.pending


def test_a_source_that_is_silent_later_does_not_take_back_what_it_said(item: PinnedItem) -> None:
    before = settle(item, {}, KNOWN)
    silent = Gathered(silent={"population/household": "source_unavailable"})
    later = settle(item, before.form, silent, before.provenance)
    assert later.provenance["home"] == before.provenance["home"]
    moved = Gathered({("population/household", "household_address"): Vouched("北岭县二号")})
    told = settle(item, before.form, moved, before.provenance)
    assert told.provenance["home"]["reason"] == "differs"


def test_what_identity_will_tell_later_is_pending(item: PinnedItem) -> None:
    away = Gathered(silent={"identity": "source_unavailable"})
    assert settle(item, {"name": "王**"}, away).pending == {"name"}
    assert settle(item, {}, away).pending == {"name"}
    typed = settle(item, {"name": "王小兰"}, away)
    assert typed.provenance["name"]["state"] == "self_declared"


@pytest.mark.parametrize(
    "told",
    [
        Gathered(silent={"population/household": "source_unavailable"}),
        Gathered(silent={"population/household": "no_permit"}),
        Gathered(),
    ],
)
def test_what_is_covered_and_nobody_tells_is_no_value(item: PinnedItem, told: Gathered) -> None:
    marks = prefilled(item, {"home": "cal_9"})
    assert settle(item, {"home": "南湖*一号"}, told).covered == {"home"}
    assert settle(item, {"home": "南湖*一号"}, told, marks).covered == {"home"}
    assert not settle(item, {"home": "南湖区一号", "job": "小*馆"}, told).covered
    assert not settle(item, {"home": "南湖*一号", "name": "王**"}, KNOWN).covered
    # A correction cannot change what was settled when the case was submitted.
    kept = settle(item, {"home": "南湖*一号"}, told).provenance
    assert not settle(item, {"home": "南湖*一号"}, told, kept).covered


def test_the_client_cannot_claim_a_source(item: PinnedItem) -> None:
    outcome = settle(item, {"home": "北岭县二号"}, Gathered())
    assert outcome.provenance["home"]["state"] == "self_declared"
    assert outcome.provenance["home"]["reason"] == "no_value"


def test_a_call_that_the_client_names_is_noted_and_proves_nothing(item: PinnedItem) -> None:
    marks = prefilled(item, {"home": "cal_9", "unknown": "cal_8"})
    assert marks == {"home": {"state": "prefilled", "call": "cal_9"}}
    silent = Gathered(silent={"population/household": "source_unavailable"})
    outcome = settle(item, {"home": "南湖区一号"}, silent, marks)
    assert outcome.provenance["home"]["state"] == "self_declared"
    assert outcome.provenance["home"]["claimed_call"] == "cal_9"
    assert (
        "claimed_call" not in settle(item, {"home": "南湖区一号"}, KNOWN, marks).provenance["home"]
    )


def test_a_field_of_a_branch_not_taken_is_not_filled_in() -> None:
    form = {
        "properties": {"live": {"type": "string"}},
        "allOf": [
            {
                "if": {"properties": {"live": {"const": "own"}}, "required": ["live"]},
                "then": {
                    "properties": {"home": _prefill("population/household", "household_address")}
                },
            }
        ],
    }
    branching = PinnedItem("C", 1, {"form": form})
    assert settle(branching, {"live": "rent"}, KNOWN).form == {"live": "rent"}
    assert settle(branching, {"live": "own"}, KNOWN).form["home"] == "南湖区一号"
