"""Where we may post: every address of a URL's host is checked, and only these are connected to.

A receiver's URL is its owner's word. Without this guard it could point to a database, a metadata
address of a cloud or a neighbour's admin page, and make a service its hand inside our network.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

_LONGEST_URL = 2000
_PORTS = frozenset({443, 8443})
_LEAST_FREE_PORT = 1024
_RESOLVERS = 32
# Clouds give credentials to whoever asks from inside: no allowed network opens these.
_METADATA: tuple[Network, ...] = tuple(
    ip_network(one)
    for one in (
        *("169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"),
        *("192.0.0.192/32", "fe80::/10", "fd00:ec2::/32"),
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 behind NAT64


class AddressRefused(Exception):
    """The URL leads where we do not go; `reason` is a code, and names no address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """A URL and the addresses, all of them checked, at which it is reached."""

    url: httpx.URL
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where we may go besides public addresses over https."""

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset()
    http: bool = False  # http:// inside the networks
    loopback: bool = False  # http:// and any high port of this machine


class Guard:
    """Checks URLs when they are given and again before each delivery."""

    def __init__(self, limits: Limits, resolve: Resolve | None = None) -> None:
        """`resolve` gives the addresses of a host; the system's resolver when left out."""
        self._limits = limits
        self._resolve = resolve or self._look_up
        # Threads of their own: a resolver that hangs must not stop the rest of the process.
        self._threads: ThreadPoolExecutor | None = None

    async def check(self, text: str) -> Target:
        """The URL with its addresses, or AddressRefused."""
        url = _parsed(text)
        port = (443 if url.scheme == "https" else 80) if url.port is None else url.port
        try:
            found = await self._resolve(url.raw_host.decode("ascii"), port)
        except (OSError, UnicodeError) as error:
            raise AddressRefused("host_unknown") from error
        if not found:
            raise AddressRefused("host_unknown")
        for one in found:
            self._require(ip_address(one), url.scheme, port)
        return Target(url, tuple(dict.fromkeys(found)))

    def close(self) -> None:
        """Let go of the resolver's threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def _require(self, address: Address, scheme: str, port: int) -> None:
        inner = _inner(address)
        local = self._limits.loopback and inner.is_loopback
        allowed = local or _within(inner, self._limits.networks)
        if _within(inner, _METADATA) or not (allowed or _is_public(inner)):
            raise AddressRefused("address_not_allowed")
        if scheme != "https" and not (local or (allowed and self._limits.http)):
            raise AddressRefused("https_required")
        free = inner.is_loopback and port >= _LEAST_FREE_PORT
        plain = scheme == "http" and port == 80  # noqa: PLR2004 - the port of http
        if not (free or plain or port in _PORTS | self._limits.ports):
            raise AddressRefused("port_not_allowed")

    async def _look_up(self, host: str, port: int) -> list[str]:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_RESOLVERS, "resolve")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _addresses, host, port)


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


def _parsed(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise AddressRefused("not_a_url") from None
    if len(text) > _LONGEST_URL or not text.isascii() or not text.isprintable() or " " in text:
        raise AddressRefused("not_a_url")
    if url.scheme not in ("http", "https") or not url.host:
        raise AddressRefused("https_required")
    if url.userinfo or "@" in url.netloc.decode("ascii"):
        raise AddressRefused("no_login_in_url")
    if url.fragment:
        raise AddressRefused("not_a_url")
    return url


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only wraps."""
    if isinstance(address, IPv4Address):
        return address
    wrapped = address.ipv4_mapped or address.sixtofour
    if wrapped is None and (address in _TRANSLATED or int(address) >> 32 == 0):
        wrapped = IPv4Address(int(address) & 0xFFFFFFFF) if int(address) > 1 else None
    if wrapped is None and address.teredo is not None:
        wrapped = address.teredo[1]
    return address if wrapped is None else wrapped


def _is_public(address: Address) -> bool:
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _within(address: Address, networks: Collection[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)
