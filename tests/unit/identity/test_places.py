"""What is kept of a device and an address."""

import pytest

from services.identity.domain.places import device_name, masked_address


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/126.0 Safari/537.36",
            "Chrome · Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/126 Safari/537 Edg/126", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/126 MicroMessenger/8.0", "微信 · Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", "Firefox · Linux"),
        ("curl/8", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.*"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:*"),
        ("local", ""),
        ("<b>", ""),
    ],
)
def test_an_address_is_kept_covered(address: str, kept: str) -> None:
    assert masked_address(address) == kept
