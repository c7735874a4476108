"""A permit covers a question as a whole, on its days, or not at all."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.exchange.domain import Asked, Consumer, Party, Permit, Refusal, choose, item_codes

DAY = date(2026, 5, 1)
CLIENTS, DEPARTMENTS = ("portal", "cases", "app"), ("11990102MB2906957H", "11990102MB2824177L")
ITEMS = ("11990102MB2906957H4000709001001", "000709001001", "000709001005")
PURPOSES, FIELDS = ("prefill", "case", "self"), ("name", "gender", "address")

parts = st.frozensets
days = st.integers(-3, 3).map(lambda n: DAY + timedelta(n))
consumers = st.builds(
    Consumer,
    client=st.sampled_from(CLIENTS),
    department=st.none() | st.sampled_from(DEPARTMENTS),
    asks_for_people=st.booleans(),
)
questions = st.builds(
    Asked,
    party=st.just(Party("person", "psn_1")),
    purpose=st.sampled_from(PURPOSES),
    fields=parts(st.sampled_from(FIELDS), min_size=1).map(lambda f: tuple(sorted(f))),
    item=st.none() | st.sampled_from(ITEMS),
)


@st.composite
def permits(draw: st.DrawFn) -> Permit:
    client = draw(st.none() | st.sampled_from((*CLIENTS, "*")))
    return Permit(
        id=f"prm_{draw(st.integers(0, 999)):03}",
        resource="population/household",
        client=client,
        department=draw(st.sampled_from(DEPARTMENTS)) if client is None else None,
        items=draw(st.just(frozenset("*")) | parts(st.sampled_from(ITEMS), min_size=1)),
        purposes=draw(parts(st.sampled_from(PURPOSES), min_size=1)),
        fields=draw(parts(st.sampled_from(FIELDS), min_size=1)),
        valid_from=draw(days),
        valid_until=draw(days),
        legal_basis="law",
        revoked=draw(st.booleans()),
    )


@given(st.lists(permits(), max_size=6), consumers, questions, days)
def test_what_is_chosen_covers_every_part_of_the_question(
    given_permits: list[Permit], consumer: Consumer, asked: Asked, today: date
) -> None:
    chosen = choose(given_permits, consumer, asked, today)
    if isinstance(chosen, Refusal):
        return
    assert not chosen.revoked
    assert chosen.valid_from <= today <= chosen.valid_until
    assert set(asked.fields) <= chosen.fields
    assert asked.purpose in chosen.purposes
    assert "*" in chosen.items or (asked.item and chosen.items & set(item_codes(asked.item)))
    if chosen.client is None:
        assert chosen.department == consumer.department
    elif chosen.client == "*":
        assert consumer.asks_for_people
    else:
        assert chosen.client == consumer.client


@given(st.lists(permits(), max_size=6), permits(), consumers, questions, days)
def test_one_more_permit_never_takes_anything_away(
    some: list[Permit], more: Permit, consumer: Consumer, asked: Asked, today: date
) -> None:
    before = choose(some, consumer, asked, today)
    after = choose([*some, more], consumer, asked, today)
    if isinstance(before, Permit):
        assert isinstance(after, Permit)
    elif isinstance(after, Refusal):
        assert after >= before


@given(permits(), consumers, questions)
def test_a_permit_holds_from_its_first_day_to_its_last(
    permit: Permit, consumer: Consumer, asked: Asked
) -> None:
    open_permit = replace(
        permit, client="portal", items=frozenset("*"), purposes=frozenset(PURPOSES),
        fields=frozenset(FIELDS), revoked=False, valid_from=DAY, valid_until=DAY + timedelta(9),
    )  # fmt: skip
    who = replace(consumer, client="portal")
    expected = {
        DAY - timedelta(1): Refusal.PERMIT_NOT_YET_VALID,
        DAY: open_permit,
        DAY + timedelta(9): open_permit,
        DAY + timedelta(10): Refusal.PERMIT_EXPIRED,
    }
    for today, outcome in expected.items():
        assert choose([open_permit], who, asked, today) == outcome
    assert choose([replace(open_permit, revoked=True)], who, asked, DAY) == Refusal.PERMIT_REVOKED


@given(st.lists(permits(), min_size=2, max_size=2), questions)
def test_fields_of_two_permits_are_never_added_up(some: list[Permit], asked: Asked) -> None:
    halves = [
        replace(
            permit, id=f"prm_{n}", client="portal", items=frozenset("*"), revoked=False,
            purposes=frozenset(PURPOSES), fields=frozenset({FIELDS[n]}),
            valid_from=DAY, valid_until=DAY,
        )
        for n, permit in enumerate(some)
    ]  # fmt: skip
    both = replace(asked, fields=FIELDS[:2])
    refused = choose(halves, Consumer("portal", None), both, DAY)
    assert refused == Refusal.FIELDS_NOT_PERMITTED


def test_nobody_has_a_permit_by_default() -> None:
    asked = Asked(Party("person", "psn_1"), "prefill", ("name",))
    consumer = Consumer("portal", None, asks_for_people=True)
    assert choose([], consumer, asked, DAY) == Refusal.NO_PERMIT
