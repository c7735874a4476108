import pytest

from gateway.limits.buckets import Buckets, caller_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    clock = Clock()
    buckets = Buckets(rate=2, burst=3, clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert [buckets.take("a") for _ in range(2)] == [0, 0.5]


def test_asking_too_often_costs_nothing_more() -> None:
    clock = Clock()
    buckets = Buckets(rate=1, burst=1, clock=clock)
    for _ in range(100):
        buckets.take("a")
    clock.now += 1
    assert buckets.take("a") == 0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    buckets = Buckets(rate=10, burst=2, clock=clock)
    buckets.take("a")
    clock.now += 3600
    assert [bool(buckets.take("a")) for _ in range(3)] == [False, False, True]


def test_callers_do_not_share() -> None:
    buckets = Buckets(rate=1, burst=1, clock=Clock())
    assert [buckets.take(caller) for caller in ("a", "b")] == [0, 0]


def test_only_so_many_callers_are_remembered() -> None:
    buckets = Buckets(rate=1, burst=1, callers=10, clock=Clock())
    for number in range(1000):
        buckets.take(str(number))
    assert len(buckets._levels) == 10


@pytest.mark.parametrize(
    ("address", "caller"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("", ""),
        ("a:b", "a:b"),
    ],
)
def test_an_ipv6_customer_has_one_bucket(address: str, caller: str) -> None:
    assert caller_of(address) == caller
