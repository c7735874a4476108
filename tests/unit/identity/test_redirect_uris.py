"""Which redirect URIs may be registered, and which may then be asked for."""

import pytest

from services.identity.domain.oauth import InvalidRedirectUri
from services.identity.domain.redirect_uris import check_registrable, is_registered


def test_https_is_registrable_everywhere() -> None:
    uri = "https://app.example/cb?x=1"
    assert check_registrable(uri, loopback_http=False) == uri


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000", "[::1]:5000"])
def test_plain_http_is_for_loopback_in_onebox(host: str) -> None:
    uri = f"http://{host}/cb"
    assert check_registrable(uri, loopback_http=True) == uri
    with pytest.raises(InvalidRedirectUri, match="onebox"):
        check_registrable(uri, loopback_http=False)


@pytest.mark.parametrize(
    "uri",
    ["http://app.example/cb", "http://127.0.0.1.evil.example/cb", "http://localhost.evil/cb"],
)
def test_plain_http_elsewhere_is_refused(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri, match="https"):
        check_registrable(uri, loopback_http=True)


def test_only_a_native_client_may_choose_its_loopback_port() -> None:
    registered = ["http://127.0.0.1/cb"]
    assert is_registered("http://127.0.0.1:51234/cb", registered, native=True)
    assert not is_registered("http://127.0.0.1:51234/cb", registered, native=False)
    for uri in (
        "http://127.0.0.1:51234/other",
        "http://localhost:51234/cb",
        "https://127.0.0.1:51234/cb",
        "http://127.0.0.1:51234@evil.example/cb",
        "http://127.0.0.1:x/cb",
        "http://127.0.0.1.evil.example/cb",
    ):
        assert not is_registered(uri, registered, native=True), uri
