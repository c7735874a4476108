"""What may stand in a message: RFC 9110 section 7.6.1 and RFC 9112 sections 3, 5 and 6."""

import re
from collections.abc import Collection, Iterable

from shared.http.errors import UnsendableRequest

Headers = list[tuple[bytes, bytes]]

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
_OURS = frozenset({b"content-length", b"expect"})
_METHODS_WITH_BODY = frozenset({b"POST", b"PUT", b"PATCH"})
_METHOD = re.compile(rb"[A-Z]{1,20}")
_TARGET = re.compile(rb"[!-~]+")
_NAMES = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+\n)*")


def end_to_end(headers: Iterable[tuple[bytes, bytes]], also: Collection[bytes] = ()) -> Headers:
    """The headers meant for the far end: none of one hop, nor any that Connection names."""
    kept: Headers = []
    named: set[bytes] = set()
    for name, value in headers:
        if name in HOP_BY_HOP:
            if name == b"connection":
                named.update(option.strip().lower() for option in value.split(b","))
        elif name not in also:
            kept.append((name, value))
    return [header for header in kept if header[0] not in named] if named else kept


def request_head(
    method: bytes, target: bytes, headers: Headers, host: bytes, length: int | None
) -> bytes:
    """Request line and headers, with framing of our own: `length` None means chunked."""
    if _METHOD.fullmatch(method) is None or _TARGET.fullmatch(target) is None:
        raise UnsendableRequest(f"{method!r} {target!r} is no request line")
    sent = end_to_end(headers, _OURS)
    lines = [b"%b %b HTTP/1.1" % (method, target)]
    if not any(name == b"host" for name, _ in sent):
        lines.append(b"host: " + host)
    lines += [b"%b: %b" % header for header in sent]
    if length is None:
        lines.append(b"transfer-encoding: chunked")
    elif length or method in _METHODS_WITH_BODY:
        lines.append(b"content-length: %d" % length)
    head = b"\r\n".join(lines) + b"\r\n\r\n"
    _refuse_injected(head, sent, breaks=len(lines) + 1)
    return head


def _refuse_injected(head: bytes, sent: Headers, breaks: int) -> None:
    # Counting line breaks in the finished head finds a smuggled one wherever it came from.
    if head.count(b"\n") != breaks or head.count(b"\r") != breaks or b"\0" in head:
        raise UnsendableRequest("a header's value must not hold CR, LF or NUL")
    names = b"".join([name + b"\n" for name, _ in sent])
    if _NAMES.fullmatch(names) is None:
        raise UnsendableRequest("a header's name is not a token")
