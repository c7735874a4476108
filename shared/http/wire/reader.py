"""One answer, parsed as its bytes come in, and nothing accepted that two readers may read apart."""

from collections import deque

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from shared.http.errors import BadUpstreamAnswer, UpstreamLost
from shared.http.wire.framing import Headers

MAX_HEAD = 65536

_INTERIM = range(100, 200)
_FINAL = range(200, 600)
_WITHOUT_BODY = (204, 304)


class AnswerReader:
    """Callbacks of the parser on one side, head and parts of the body on the other."""

    def __init__(self, *, to_head: bool) -> None:
        """`to_head`: the request was HEAD, so no body follows whatever the headers say."""
        self.status = 0
        self.headers: Headers = []
        self.parts: deque[bytes] = deque()
        self.buffered = 0
        self.begun = False
        self.head_complete = False
        self.complete = False
        self.reusable = False
        self._to_head = to_head
        self._framed = False
        self._interim = False
        self._closing = False
        self._head_size = 0
        self._parser = HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        """Take what the upstream sent; raise BadUpstreamAnswer when it is not HTTP/1.1."""
        self.begun = True
        if not self.head_complete:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise BadUpstreamAnswer("it switched protocols, which nobody asked for") from None
        except HttpParserError as error:
            raise BadUpstreamAnswer(str(error.__context__ or error)) from error
        if not self.head_complete and self._head_size > MAX_HEAD:
            raise BadUpstreamAnswer(f"its headers are longer than {MAX_HEAD} bytes")

    def end(self) -> None:
        """The upstream closed: the end of a body without length, else a broken answer."""
        if self.complete:
            return
        if not self.begun:
            raise UpstreamLost("the connection was closed before an answer")
        if not self.head_complete or self._framed:
            raise BadUpstreamAnswer("it broke off")
        self.complete = True

    def take(self) -> bytes:
        """All of the body that has come and was not taken yet."""
        data = self.parts.popleft() if len(self.parts) == 1 else b"".join(self.parts)
        self.parts.clear()
        self.buffered = 0
        return data

    def on_message_begin(self) -> None:
        if self.complete:
            raise BadUpstreamAnswer("more than one answer came to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.head_complete:  # what follows the body are trailers, which we do not forward
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status in _INTERIM:
            self._interim = True
            self.headers.clear()
            return
        if status not in _FINAL:
            raise BadUpstreamAnswer(f"{status} is no status of HTTP")
        self._check_framing()
        self.status = status
        self.head_complete = True
        if self._to_head:
            # The parser would wait for a body; this answer ends here and the parser with it.
            self.complete = True
            self.reusable = not self._closing and self._parser.get_http_version() == "1.1"

    def on_body(self, data: bytes) -> None:
        if self.complete:
            raise BadUpstreamAnswer("a body came where none may be")
        self.parts.append(data)
        self.buffered += len(data)

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim = False
        elif not self.complete:
            self.complete = True
            self.reusable = self._parser.should_keep_alive()

    def _check_framing(self) -> None:
        lengths, codings = [], []
        for name, value in self.headers:
            if name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                codings.append(value.strip().lower())
            elif name == b"connection":
                self._closing |= b"close" in value.lower()
        if codings and (lengths or codings != [b"chunked"]):
            raise BadUpstreamAnswer("its Transfer-Encoding is not chunked alone")
        if len(lengths) > 1 or not all(length.isdigit() for length in lengths):
            raise BadUpstreamAnswer("its Content-Length is not one number")
        self._framed = bool(codings or lengths)
