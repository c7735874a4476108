"""The body of an export: read as it comes, unpacked, and never larger than agreed."""

import zlib

from starlette.requests import Request

_PACKED = {"gzip", "deflate"}
_EITHER = zlib.MAX_WBITS | 32  # the header of gzip or of zlib, whichever comes


class TooLarge(Exception):
    """The body is larger than what is read here, packed or unpacked."""


class UnknownEncoding(Exception):
    """The body is packed in a way that nobody agreed on."""


class BadPacking(ValueError):
    """What came is not what Content-Encoding says."""


async def read(request: Request, largest: int) -> bytes:
    """The body as it was sent."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise TooLarge
    return bytes(body)


def check_encoding(encoding: str) -> None:
    """Refuse what could not be unpacked before it is read."""
    if encoding not in _PACKED | {"", "identity"}:
        raise UnknownEncoding


def unpack(body: bytes, encoding: str, largest: int) -> bytes:
    """The body unpacked; a small one that would become a huge one is noticed on the way."""
    if encoding not in _PACKED:
        return body
    unpacking = zlib.decompressobj(_EITHER)
    try:
        found = unpacking.decompress(body, largest + 1)
    except zlib.error:
        raise BadPacking(f"the body is not packed by {encoding}") from None
    if len(found) > largest:
        raise TooLarge
    if not unpacking.eof:
        raise BadPacking(f"the body packed by {encoding} ends too early")
    return found
