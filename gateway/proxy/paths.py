"""One reading of a path for everybody behind the gateway (RFC 3986, sections 3.3 and 6.2.2)."""

import re

from gateway.limits.problems import PathRefused
from shared.web.problems import Text

# Segments that are not empty, do not begin with a dot and hold nothing that is encoded.
_PLAIN = re.compile(rb"/(?:[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@-]*(?:/|$))*")
_PATH = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# A slash, a backslash, a control character; and those encoded twice, for who decodes twice.
_HIDDEN = re.compile(rb"%(?:25)*(?:2F|5C|7F|[01][0-9A-F])|%25(?:25)*2E", re.IGNORECASE)


def normal_path(raw: bytes) -> str:
    """The path with what may be spelt in two ways spelt in one; PathRefused when it is a trick."""
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    if not _PATH.fullmatch(raw):
        raise _refused("路径含有不允许的字符。", "The path holds a character that none may hold.")
    path = _ENCODED.sub(_spelt_once, raw)
    if _HIDDEN.search(path):
        raise _refused("路径含有编码的分隔符。", "The path hides a separator or control character.")
    segments = path.split(b"/")[1:]
    if b".." in segments:
        raise _refused("路径含有 ..。", "The path holds a .. segment.")
    if b"" in segments[:-1]:
        raise _refused("路径含有空段。", "The path holds an empty segment.")
    last = b"/" if segments[-1] in (b"", b".") else b""
    kept = [segment for segment in segments if segment not in (b"", b".")]
    return (b"/" + b"/".join(kept) + (last if kept else b"")).decode("ascii")


def _spelt_once(found: re.Match[bytes]) -> bytes:
    code = int(found[1], 16)
    return bytes([code]) if code in _UNRESERVED else b"%%%02X" % code


def _refused(zh: str, en: str) -> PathRefused:
    return PathRefused(Text(zh, en))
