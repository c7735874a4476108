"""One reading of a head for everybody who will read it (RFC 9112, sections 2.3, 3.2 and 6)."""

from collections.abc import Iterable

from shared.web.problems import BadRequest, Problem, Text

_VERSIONS = ("1.0", "1.1")
_ONCE = frozenset({b"content-length", b"host", b"transfer-encoding"})


def fault_of(headers: Iterable[tuple[bytes, bytes]], version: str) -> Problem | None:
    """What is ambiguous about a request's head, if anything is."""
    if version not in _VERSIONS:
        return _bad("只支持 HTTP/1.1。", "Only HTTP/1.1 is spoken here.")
    seen: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _ONCE:
            if name in seen:
                return _bad("有重复的请求头。", "A header that may come once came twice.")
            seen[name] = value
    if b"host" not in seen and version == "1.1":
        return _bad("缺少 Host 头。", "The Host header is missing.")
    if not _is_framed_once(seen, version):
        return _bad("正文长度有歧义。", "The body's length is ambiguous.")
    return None


def _is_framed_once(seen: dict[bytes, bytes], version: str) -> bool:
    coding, length = seen.get(b"transfer-encoding"), seen.get(b"content-length")
    if coding is not None:
        return length is None and coding.lower() == b"chunked" and version == "1.1"
    return length is None or length.isdigit()


def _bad(zh: str, en: str) -> Problem:
    return BadRequest(Text(zh, en))
