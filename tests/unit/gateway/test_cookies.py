import pytest

from gateway.proxy.cookies import may_set, passing


@pytest.mark.parametrize(
    ("values", "prefix", "expected"),
    [
        ([b"tongban_portal=1; x=2"], "tongban_portal", b"tongban_portal=1"),
        ([b"x=1", b"tongban_login_csrf=2"], "tongban_login", b"tongban_login_csrf=2"),
        ([b"__Host-tongban_login=1"], "tongban_login", b"__Host-tongban_login=1"),
        ([b"__Secure-tongban_portal=1"], "tongban_login", b""),
        ([b"TONGBAN_PORTAL=1"], "tongban_login", b""),
        ([b"x=tongban_login=1"], "tongban_login", b""),
        ([b"tongban_portal=1"], "", b""),
        ([b";;="], "tongban_portal", b""),
    ],
)
def test_cookies_pass_by_their_name(values: list[bytes], prefix: str, expected: bytes) -> None:
    assert passing(values, (prefix,) if prefix else ()) == expected


def test_a_service_sets_no_cookie_of_another() -> None:
    assert may_set(b"__Host-tongban_login=1; Path=/", ("tongban_login",))
    assert not may_set(b"tongban_portal=1; Path=/", ("tongban_login",))
    assert not may_set(b"any=1", ())
