"""A request as it came from outside, read once: what counts, what passes, what is forged."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.types import Scope

from gateway.limits.problems import UpgradeRefused
from gateway.proxy.paths import normal_path
from shared.http.wire import HOP_BY_HOP, Headers
from shared.web.problems import BadRequest, MethodNotAllowed, Text

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

# Looked at by the gateway itself; what goes on of them, it writes anew.
_READ_HERE = frozenset(
    {
        b"authorization",
        b"client-cert",
        b"connection",
        b"content-length",
        b"cookie",
        b"host",
        b"transfer-encoding",
        b"upgrade",
        b"x-forwarded-for",
    }
)
# Only we may say these to a service, or nobody: who is asking, from where, for whom, by what
# other method or path, and what an outsider's trace carries along.
_FORGED_NAMES = frozenset(
    {
        b"baggage",
        b"client-cert-chain",
        b"client-ip",
        b"expect",
        b"forwarded",
        b"proxy",
        b"remote-user",
        b"traceparent",
        b"tracestate",
        b"true-client-ip",
        b"via",
        b"x-request-id",
    }
)
_FORGED_PREFIXES = (
    b"x-act",
    b"x-auth",
    b"x-client",
    b"x-email",
    b"x-forwarded",
    b"x-groups",
    b"x-http-method",
    b"x-identity",
    b"x-method-override",
    b"x-on-behalf",
    b"x-org",
    b"x-original",
    b"x-real-ip",
    b"x-remote",
    b"x-rewrite",
    b"x-role",
    b"x-scope",
    b"x-staff",
    b"x-subject",
    b"x-tenant",
    b"x-user",
)


@lru_cache(maxsize=1024)
def forged(name: bytes) -> bool:
    """Whether a header of this name is none that an outsider may say to a service."""
    # Some servers take x_user for x-user.
    return name in _FORGED_NAMES or b"_" in name or name.startswith(_FORGED_PREFIXES)


class Inbound:
    """What the pipeline needs to know of one request."""

    def __init__(self, scope: Scope) -> None:
        self.method: str = scope["method"]
        self.peer: str = scope["client"][0] if scope.get("client") else ""
        self.language_header = ""
        self.path = "/"
        self.query = b""
        self.length: int | None = 0
        self.read: dict[bytes, list[bytes]] = {}
        self.forwarded: Headers = []
        self._sort(scope["headers"])

    def check(self, scope: Scope) -> None:
        """Refuse what is ambiguous or not offered; a Problem says which."""
        if self.method not in METHODS:
            raise MethodNotAllowed(headers={"Allow": ", ".join(METHODS)})
        if len(self.read.get(b"authorization", ())) > 1:
            raise BadRequest(Text("有两个 Authorization 头。", "Authorization came twice."))
        if any(b"websocket" in value.lower() for value in self.read.get(b"upgrade", ())):
            raise UpgradeRefused(headers={"Connection": "close"})
        self.path = normal_path(scope["raw_path"])
        self.query = scope["query_string"]

    def one(self, name: bytes) -> bytes | None:
        """The value of a header that comes once."""
        values = self.read.get(name)
        return values[0] if values else None

    @property
    def proofs(self) -> tuple[str, ...]:
        """The DPoP headers, which go on to the service: it checks them again."""
        return tuple(v.decode("latin-1") for n, v in self.forwarded if n == b"dpop")

    @property
    def has_body(self) -> bool:
        """Whether a body follows; `length` None means that nobody knows how long it is."""
        return self.length != 0

    def _sort(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        named: set[bytes] = set()
        for name, value in headers:
            if name in _READ_HERE:
                self.read.setdefault(name, []).append(value)
                if name == b"connection":
                    named.update(option.strip().lower() for option in value.split(b","))
            elif name not in HOP_BY_HOP and not forged(name):
                self.forwarded.append((name, value))
                if name == b"accept-language":
                    self.language_header = value.decode("latin-1")
        length = self.one(b"content-length")
        chunked = b"transfer-encoding" in self.read
        self.length = None if chunked else int(length) if length is not None else 0
        if named:
            self.forwarded = [header for header in self.forwarded if header[0] not in named]
