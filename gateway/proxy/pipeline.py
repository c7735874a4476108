"""The data path: admit a request, pass it on, stream the answer back. Plain ASGI throughout."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.proxy.access import Door
from gateway.proxy.backends import Backend
from gateway.proxy.bodies import ClientGone, body_of
from gateway.proxy.cookies import passing
from gateway.proxy.faults import problem_of
from gateway.proxy.inbound import Inbound
from gateway.proxy.reply import Reply
from gateway.proxy.watch import Watch
from gateway.routes import Route, Routes
from gateway.settings import GatewaySettings
from shared.http.errors import UnsendableRequest, UpstreamFault
from shared.http.wire import Answer, Headers, Timeouts
from shared.i18n import negotiate
from shared.telemetry import baggage, facts, traceparent
from shared.telemetry.context import current
from shared.web.problems import MEDIA_TYPE, NotFound, Problem, problem_body

_log = structlog.get_logger("gateway")
_CASE = re.compile(r"/api/cases/v1/cases/([0-9A-Z]{30}(?:-[0-9]{2})?)(?:/|$)")


class Pipeline:
    """One HTTP request from the first check to the last byte."""

    def __init__(
        self,
        settings: GatewaySettings,
        routes: Routes,
        door: Door,
        backends: Mapping[str, Backend],
        own: ASGIApp,
    ) -> None:
        """`own` answers what no service does: documents, health, metrics."""
        self._settings = settings
        self._routes = routes
        self._door = door
        self._backends = backends
        self._own = own
        self._host = urlsplit(settings.public_base).netloc.encode("ascii")
        self._scheme = b"https" if settings.secure else b"http"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, for HTTP only. Every failure leaves as a problem."""
        reply = Reply(send, secure=self._settings.secure)
        request = Inbound(scope)
        try:
            await self._handle(scope, request, receive, reply)
        except ClientGone:
            return
        except Problem as problem:
            await self._refuse(problem, request, reply)
        except (UpstreamFault, UnsendableRequest) as fault:
            service = reply.route.service if reply.route else None
            await _log.awarning("upstream failed", service=service, fault=repr(fault))
            if not reply.started:  # else the caller sees the answer break off
                await self._refuse(problem_of(fault), request, reply)

    async def _handle(self, scope: Scope, request: Inbound, receive: Receive, reply: Reply) -> None:
        request.check(scope)
        route = self._routes.find(request.path)
        if route is None:
            raise NotFound
        scope["route"] = reply.route = route
        _note_case(request.path)
        subject = await self._door.admit(request, route)
        reply.personal = subject is not None
        if route.service is None:
            await self._own({**scope, "path": request.path}, receive, reply.send)
            return
        body = await body_of(request, receive, route.body_limit)
        async with Watch(receive, body):
            answer = await self._backends[route.service].send(
                request.method.encode("ascii"),
                _target(request, route),
                self._headers(request, route),
                body,
                self._patience(route),
            )
            try:
                await _stream(answer, reply)
            finally:
                answer.close()

    def _headers(self, request: Inbound, route: Route) -> Headers:
        headers = [
            (b"host", self._host),
            *request.forwarded,
            (b"x-forwarded-for", self._door.address(request).encode("ascii", "replace")),
            (b"x-forwarded-proto", self._scheme),
            (b"x-forwarded-host", self._host),
            *_trace_headers(),
        ]
        token = request.one(b"authorization")
        if token is not None:
            headers.append((b"authorization", token))
        headers += [(b"client-cert", one) for one in self._door.certificate(request)]
        cookies = passing(request.read.get(b"cookie", []), route.cookies)
        if cookies:
            headers.append((b"cookie", cookies))
        return headers

    def _patience(self, route: Route) -> Timeouts:
        return Timeouts(
            wait=self._settings.wait, answer=route.answer_timeout, idle=route.idle_timeout
        )

    async def _refuse(self, problem: Problem, request: Inbound, reply: Reply) -> None:
        body = problem_body(
            problem,
            base=self._settings.public_base,
            instance=request.path,
            language=negotiate(request.language_header),
        )
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"cache-control", b"no-store")]
        headers += [(n.lower().encode(), v.encode("latin-1")) for n, v in problem.headers.items()]
        await reply.whole(problem.status, headers, body)


def _trace_headers() -> Headers:
    work, trace = current.get(), traceparent()
    headers = []
    if work is not None and work.request_id is not None:
        headers.append((b"x-request-id", work.request_id.encode("ascii")))
    if trace is not None:
        headers.append((b"traceparent", trace.encode("ascii")))
    carried = baggage()
    if carried is not None:
        headers.append((b"baggage", carried.encode("ascii")))
    return headers


def _note_case(path: str) -> None:
    case = _CASE.match(path)
    if case is not None:
        facts(case_number=case[1])


def _target(request: Inbound, route: Route) -> bytes:
    path = route.upstream_path(request.path).encode("ascii")
    return path + b"?" + request.query if request.query else path


async def _stream(answer: Answer, reply: Reply) -> None:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    await reply.send(start)
    more = True
    while more:
        part = await answer.part()
        more = not answer.ended
        await reply.send({"type": "http.response.body", "body": part, "more_body": more})
