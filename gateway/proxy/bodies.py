"""The request's body on its way through: small ones whole, large ones as they come, all counted."""

from collections.abc import AsyncIterator

from starlette.types import Receive

from gateway.proxy.inbound import Inbound
from shared.http.wire import Streamed
from shared.web.problems import PayloadTooLarge, Text

# Up to this a body is gathered before an upstream is troubled: a slow sender holds nothing there.
WHOLE = 65_536


class ClientGone(Exception):
    """The caller hung up."""


async def body_of(request: Inbound, receive: Receive, limit: int) -> bytes | Streamed:
    """The body to send on; PayloadTooLarge at once when it says that it is."""
    if not request.has_body:
        return b""
    if request.length is not None and request.length > limit:
        raise _too_large(limit)
    if request.length is not None and request.length > WHOLE:
        return Streamed(Incoming(b"", receive, limit), request.length)
    gathered = bytearray()
    while True:
        part, more = await _part(receive)
        gathered += part
        if len(gathered) > limit:
            raise _too_large(limit)
        if not more:
            return bytes(gathered)
        if len(gathered) > WHOLE:
            return Streamed(Incoming(bytes(gathered), receive, limit), request.length)


class Incoming:
    """A large body as it comes; `ended` once nothing more will be read of it."""

    def __init__(self, begun: bytes, receive: Receive, limit: int) -> None:
        self.ended = False
        self._begun = begun
        self._receive = receive
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._begun:
            yield self._begun
        size, more = len(self._begun), True
        while more:
            part, more = await _part(self._receive)
            size += len(part)
            if size > self._limit:
                raise _too_large(self._limit)
            self.ended = not more
            yield part


async def _part(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)


def _too_large(limit: int) -> PayloadTooLarge:
    return PayloadTooLarge(
        Text(f"这里最多接收 {limit} 字节。", f"At most {limit} bytes are taken here.")
    )
