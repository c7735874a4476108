"""HTTP/1.1 to an upstream, on asyncio and httptools, with nothing between us and the wire."""

from shared.http.wire.address import Address
from shared.http.wire.framing import HOP_BY_HOP, Headers, end_to_end
from shared.http.wire.upstream import Answer, Streamed, Timeouts, Upstream

__all__ = [
    "HOP_BY_HOP",
    "Address",
    "Answer",
    "Headers",
    "Streamed",
    "Timeouts",
    "Upstream",
    "end_to_end",
]
