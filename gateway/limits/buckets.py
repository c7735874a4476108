"""A bucket of tokens for each caller: `rate` flow in each second, up to `burst`."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

_IPV6_CUSTOMER = 64


class Buckets:
    """In memory; the callers who came last are remembered, so that it stays small."""

    def __init__(
        self,
        rate: float,
        burst: int,
        *,
        callers: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._callers = callers
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Take one token: 0 when there was one, else the seconds until there is."""
        now = self._clock()
        level, then = self._levels.get(caller, (self._burst, now))
        level = min(self._burst, level + (now - then) * self._rate)
        missing = 1.0 - level
        # Who asks too often is not punished for asking: a refusal takes nothing.
        self._levels[caller] = (level if missing > 0 else level - 1.0, now)
        self._levels.move_to_end(caller)
        if len(self._levels) > self._callers:
            self._levels.popitem(last=False)
        return max(0.0, missing / self._rate)


def caller_of(address: str) -> str:
    """The bucket of an address: of IPv6 a customer has a whole /64."""
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, _IPV6_CUSTOMER), strict=False))
    return address
