"""Who may come in: the token at the edge (RFC 6750), and the caller's share of requests."""

import math
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Protocol

from gateway.limits.buckets import Buckets, caller_of
from gateway.proxy.inbound import Inbound
from gateway.routes import Route
from gateway.settings import Network
from shared.auth import (
    InvalidToken,
    KeysUnavailable,
    Possession,
    Presented,
    Reason,
    Subject,
    challenge,
)
from shared.auth.certificates import thumbprint_in
from shared.web.problems import (
    Forbidden,
    ServiceUnavailable,
    Text,
    TooManyRequests,
    Unauthorized,
)

_CHALLENGE = 'Bearer realm="tongban"'


class TokenVerifier(Protocol):
    """What `shared.auth.Verifier` does for us."""

    @property
    def possession(self) -> Possession:
        """Checks what a token is bound to."""
        ...

    async def verify(self, token: str) -> Subject:
        """The token's subject, or InvalidToken."""
        ...


class Door:
    """Lets a request in on the terms of its route."""

    def __init__(
        self,
        verifier: TokenVerifier,
        buckets: Buckets,
        audience: Callable[[str], str],
        trusted: Sequence[Network],
        *,
        base: str,
        certificates: bool,
    ) -> None:
        """`audience`: the `aud` of a service's API; `trusted`: whose X-Forwarded-For counts;
        `base`: where everything is reached, as proofs of possession spell it; `certificates`:
        whether those proxies tell the client's.
        """
        self._certificates = certificates
        self._base = base
        self._verifier = verifier
        self._buckets = buckets
        self._audience = audience
        self._trusted = tuple(trusted)

    async def admit(self, request: Inbound, route: Route) -> Subject | None:
        """The subject of the token, if one came and counts here; a Problem when it may not in."""
        if route.open:
            self._meter(caller_of(self.address(request)))
            return None
        try:
            subject = await self._subject(request, route)
        except Unauthorized:
            # Who tries tokens pays with the bucket of the address he tries from.
            self._meter(caller_of(self.address(request)))
            raise
        if subject is None:
            self._meter(caller_of(self.address(request)))
            return None
        # The portal is one client of many people: they share neither a bucket nor a fate.
        self._meter(f"{subject.client_id} {subject.sub}")
        if request.method not in route.public and subject.scopes.isdisjoint(route.scopes):
            raise _insufficient(route)
        return subject

    def address(self, request: Inbound) -> str:
        """The caller's address: the last one that no trusted proxy has written."""
        address = request.peer
        hops = b",".join(request.read.get(b"x-forwarded-for", [])).split(b",")
        while hops and self._trusts(address):
            claimed = hops.pop().strip().decode("latin-1")
            if not _is_address(claimed):
                break
            address = claimed
        return address

    def certificate(self, request: Inbound) -> list[bytes]:
        """The client's certificate, where a proxy that we trust tells it (RFC 9440)."""
        if not self._certificates or not self._trusts(request.peer):
            return []
        return request.read.get(b"client-cert", [])

    async def _subject(self, request: Inbound, route: Route) -> Subject | None:
        header = request.one(b"authorization")
        if header is None:
            if request.method in route.public:
                return None
            raise Unauthorized(
                Text("请带上访问令牌。", "Send an access token as a bearer token."),
                headers={"WWW-Authenticate": _CHALLENGE},
            )
        scheme, _, token = header.decode("latin-1").partition(" ")
        try:
            subject = await self._verified(request, scheme.lower(), token.strip())
            if route.audience and self._audience(route.service or "") not in subject.audiences:
                raise InvalidToken(Reason.WRONG_AUDIENCE, "the token is meant for another service")
        except KeysUnavailable:
            raise ServiceUnavailable(_NO_KEYS) from None
        except InvalidToken as refusal:
            raise _invalid(refusal) from None
        return subject

    async def _verified(self, request: Inbound, scheme: str, token: str) -> Subject:
        if scheme not in ("bearer", "dpop"):
            raise InvalidToken(Reason.MALFORMED, "only bearer tokens are taken here")
        subject = await self._verifier.verify(token)
        if subject.is_bound or scheme == "dpop":
            presented = Presented(
                scheme=scheme,
                token=token,
                method=request.method,
                url=f"{self._base}{request.path}",
                proofs=request.proofs,
                certificate=thumbprint_in(
                    [one.decode("latin-1") for one in self.certificate(request)]
                ),
            )
            self._verifier.possession.check(subject, presented)
        return subject

    def _meter(self, caller: str) -> None:
        wait = self._buckets.take(caller)
        if wait > 0:
            raise TooManyRequests(headers={"Retry-After": str(math.ceil(wait))})

    def _trusts(self, address: str) -> bool:
        if not self._trusted or not _is_address(address):
            return False
        parsed = ip_address(address)
        return any(parsed in network for network in self._trusted)


_NO_KEYS = Text("暂时无法核验令牌。", "Tokens cannot be verified for now.")


def _invalid(refusal: InvalidToken) -> Unauthorized:
    why = refusal.detail
    return Unauthorized(
        Text(f"令牌无效：{why}。", f"The token does not hold: {why}."),
        headers={"WWW-Authenticate": challenge(refusal)},
    )


def _insufficient(route: Route) -> Forbidden:
    needed = " ".join(sorted(route.scopes))
    lacking = f'{_CHALLENGE}, error="insufficient_scope", scope="{needed}"'
    return Forbidden(
        Text(f"令牌须有以下权限之一：{needed}。", f"The token needs one of: {needed}."),
        headers={"WWW-Authenticate": lacking},
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
