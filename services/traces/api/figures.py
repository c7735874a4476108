"""Rate, errors and duration of services and routes, and who calls on whom."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from services.traces.api.edge import Operator, database, problems
from services.traces.domain import Calls, Red, red
from services.traces.policy import OPERATION, policy
from services.traces.store import TraceReader
from shared.auth import Subject
from shared.clock import now

router = APIRouter(prefix="/v1", tags=["services"])
_MOST = 50_000
_BILLION = 1_000_000_000
_WEEK = 7 * 24 * 60


class Figures(BaseModel):
    """Rate, errors and duration."""

    requests: float = Field(description="recorded ones divided by the share that is recorded")
    per_minute: float
    errors: int = Field(description="each is kept, recorded or not")
    error_share: float
    p50_ms: float | None = Field(description="of the recorded ones; null when there is none")
    p95_ms: float | None
    p99_ms: float | None
    kept: int = Field(description="spans that these figures rest on")
    sampled_late: int = Field(description="of them those written afterwards: failed or slow")


class RouteFigures(Figures):
    """The figures of one route, or of one kind of event that is handled."""

    route: str


class ServiceFigures(Figures):
    """The figures of one service and its routes, the busiest first."""

    service: str
    routes: list[RouteFigures]


class CallsOut(BaseModel):
    """How often one service called on another, as far as both sides were kept."""

    caller: str
    callee: str
    kind: str = Field(description="server: by request; consumer: by event")
    kept: int
    errors: int
    mean_ms: float


class Sampled(BaseModel):
    """How the figures come from the spans that were kept."""

    share: float = Field(description="of all requests that are recorded (TELEMETRY_SAMPLE)")
    note: str


class ServicesOut(BaseModel):
    """The figures of all services."""

    minutes: int
    sampled: Sampled
    complete: bool = Field(description="false: only the newest spans were looked at")
    services: list[ServiceFigures]
    calls: list[CallsOut]


_NOTE = (
    "Requests are those recorded, divided by the share. Errors are counted one by one, since each "
    "is kept. Durations are of recorded requests only, not of those written afterwards."
)


@router.get("/services", responses=problems(422, 503))
async def list_services(
    request: Request,
    subject: Annotated[Subject, Operator],
    minutes: Annotated[int, Query(ge=1, le=_WEEK, description="up to now")] = 60,
) -> ServicesOut:
    """Rate, errors and duration of each service and route, and the calls between services.

    From server and consumer spans that were kept. It names no case, so it is not written down.
    """
    policy.check(subject, "read_figures", None, OPERATION)
    since = int((now().timestamp() - minutes * 60) * _BILLION)
    async with database(request).read() as connection:
        reader = TraceReader(connection)
        entries = await reader.entries(since, _MOST)
        calls = await reader.calls(since, _MOST)
    share: float = request.app.state.share
    found = await asyncio.to_thread(red, entries, share)
    return ServicesOut(
        minutes=minutes,
        sampled=Sampled(share=share, note=_NOTE),
        complete=len(entries) < _MOST,
        services=[
            ServiceFigures(
                service=whole.name,
                routes=[RouteFigures(route=one.name, **_figures(one, minutes)) for one in routes],
                **_figures(whole, minutes),
            )
            for whole, routes in found.values()
        ],
        calls=[_calls(one) for one in calls],
    )


def _figures(one: Red, minutes: int) -> dict[str, float | int | None]:
    return {
        "requests": round(one.requests, 1),
        "per_minute": round(one.requests / minutes, 3),
        "errors": one.errors,
        "error_share": round(one.error_share, 4),
        "p50_ms": one.p50_ms,
        "p95_ms": one.p95_ms,
        "p99_ms": one.p99_ms,
        "kept": one.kept,
        "sampled_late": one.late,
    }


def _calls(one: Calls) -> CallsOut:
    return CallsOut(
        caller=one.caller,
        callee=one.callee,
        kind=one.kind,
        kept=one.kept,
        errors=one.errors,
        mean_ms=one.mean_ms,
    )
