import pytest

from gateway.routes import ROUTES, Route, Routes, api


def test_the_longest_prefix_wins() -> None:
    short, long = Route("/a", "one"), Route("/a/b", "two")
    routes = Routes([short, long])
    assert routes.find("/a/b/c") is long
    assert routes.find("/a/bc") is short


def test_a_prefix_ends_at_a_segment() -> None:
    assert Routes([Route("/a", "one")]).find("/ab") is None


def test_every_path_has_a_route() -> None:
    assert Routes(ROUTES).find("/whatever/it/is") is not None


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.prefix)
def test_cookies_pass_on_no_api_and_every_api_asks_for_a_scope(route: Route) -> None:
    if route.is_api:
        assert not route.cookies
        assert route.service is None or (route.scopes and route.audience)


def test_only_reading_the_catalogue_and_registering_are_public() -> None:
    public = {route.prefix: route.public for route in ROUTES if route.public}
    assert public == {
        "/api/catalogue/v1": {"GET", "HEAD", "OPTIONS"},
        "/api/identity/v1/people": {"POST"},
    }


def test_a_long_poll_of_the_event_feed_outlives_its_wait() -> None:
    found = Routes(ROUTES).find("/api/exchange/v1/events")
    assert found is not None
    assert found.answer_timeout > 25


def test_the_service_sees_its_own_path() -> None:
    assert api("cases", "cases.read").upstream_path("/api/cases/v1/cases/1") == "/v1/cases/1"
