"""Where webhooks may go: public https, what operators allow, and in no way our own network."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from shared.http import AddressRefused, Guard, Limits

INTRANET = Limits(networks=(ip_network("10.20.0.0/16"), ip_network("fd12::/16")))
ONEBOX = Limits(loopback=True)
PUBLIC = "203.0.114.7"


def guard(limits: Limits, *addresses: str) -> Guard:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    return Guard(limits, resolve)


async def refused(url: str, *addresses: str, limits: Limits | None = None) -> str:
    with pytest.raises(AddressRefused) as caught:
        await guard(limits or Limits(), *addresses).check(url)
    return caught.value.reason


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.20.1.1", "172.16.0.9", "192.168.1.1"),
        *("100.64.0.1", "169.254.169.254", "192.0.0.192", "198.18.0.1", "224.0.0.1"),
        *("255.255.255.255", "240.0.0.1", "168.63.129.16", "100.100.100.200"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "::ffff:169.254.169.254"),
    ],
)
async def test_an_address_inside_is_refused(address: str) -> None:
    assert await refused("https://receiver.example/in", address) == "address_not_allowed"
    among = (PUBLIC, address)
    assert await refused("https://receiver.example/in", *among) == "address_not_allowed"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://receiver.example/in", "https_required"),
        ("ftp://receiver.example/in", "https_required"),
        ("file:///etc/passwd", "https_required"),
        ("gopher://receiver.example:70/", "https_required"),
        ("unix:/run/cases.sock", "https_required"),
        ("//receiver.example/in", "https_required"),
        ("receiver.example", "https_required"),
        ("https://", "https_required"),
        ("https:///in", "https_required"),
        ("https://user:pass@receiver.example/", "no_login_in_url"),
        ("https://user@receiver.example/", "no_login_in_url"),
        ("https://receiver.example/#in", "not_a_url"),
        ("https://receiver.example/a b", "not_a_url"),
        ("https://receiver.example/\r\nX: y", "not_a_url"),
        ("https://receiver.example\\@127.0.0.1/", "no_login_in_url"),
        ("https://[::1", "not_a_url"),
        ("https://receiver.example:99999/", "port_not_allowed"),
        ("https://receiver.example:22/", "port_not_allowed"),
        ("https://receiver.example:6379/", "port_not_allowed"),
        ("https://receiver.example:0/", "port_not_allowed"),
        ("https://" + "x" * 2000 + ".example/", "not_a_url"),
    ],
)
async def test_an_unfit_url_is_refused(url: str, reason: str) -> None:
    assert await refused(url, PUBLIC) == reason


@pytest.mark.parametrize(
    "url",
    [
        *("https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.1/"),
        *("https://017700000001/", "https://[::1]/", "https://[::ffff:127.0.0.1]/"),
        *("https://localhost/", "https://LOCALHOST./", "https://169.254.169.254/"),
    ],
)
async def test_this_machine_is_refused_however_it_is_written(url: str) -> None:
    made = Guard(Limits())
    with pytest.raises(AddressRefused):
        await made.check(url)
    made.close()


@pytest.mark.parametrize("url", ["https://receiver.example/in?x=1", "https://a.example:8443/"])
async def test_a_public_receiver_over_https_is_allowed(url: str) -> None:
    target = await guard(Limits(), PUBLIC, "2606:4700::6810:84e5").check(url)
    assert target.addresses == (PUBLIC, "2606:4700::6810:84e5")
    assert str(target.url) == url


async def test_an_intranet_is_open_where_operators_opened_it() -> None:
    made = guard(INTRANET, "10.20.3.4", "fd12::7", PUBLIC)
    assert len((await made.check("https://hukou.gov.example/in")).addresses) == 3
    assert await refused("https://x.example/", "10.21.0.1", limits=INTRANET) == (
        "address_not_allowed"
    )
    assert await refused("http://x.example/", "10.20.0.1", limits=INTRANET) == "https_required"
    assert await refused("https://x.example:9200/", "10.20.0.1", limits=INTRANET) == (
        "port_not_allowed"
    )
    wide = Limits((ip_network("10.20.0.0/16"),), frozenset({9443, 8080}), http=True)
    for url in ("http://x.example/", "http://x.example:8080/", "https://x.example:9443/"):
        assert (await guard(wide, "10.20.0.1").check(url)).addresses == ("10.20.0.1",)
    assert await refused("http://x.example/", PUBLIC, limits=wide) == "https_required"


async def test_no_allowed_network_opens_the_metadata_of_a_cloud() -> None:
    everything = Limits((ip_network("0.0.0.0/0"), ip_network("::/0")), http=True)
    for address in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254"):
        assert await refused("http://x.example/", address, limits=everything) == (
            "address_not_allowed"
        )


async def test_onebox_reaches_receivers_on_its_own_machine() -> None:
    found = await guard(ONEBOX, "127.0.0.1").check("http://localhost:9901/in")
    assert found.addresses == ("127.0.0.1",)
    assert await refused("http://localhost:22/", "127.0.0.1", limits=ONEBOX) == "port_not_allowed"
    assert await refused("http://x.example:9901/", "10.0.0.1", limits=ONEBOX) == (
        "address_not_allowed"
    )
    assert await refused("http://x.example/", PUBLIC, limits=ONEBOX) == "https_required"


async def test_a_host_that_nobody_knows_is_refused() -> None:
    assert await refused("https://receiver.example/") == "host_unknown"
    made = Guard(Limits())
    with pytest.raises(AddressRefused, match="host_unknown"):
        await made.check("https://nobody.invalid/")
    made.close()
