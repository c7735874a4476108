"""The operators' API, the same at every service: `/v1/queues` and `/v1/dead-letters`."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.auth import Subject, requires
from shared.events import DeadLetter
from shared.operations.core import Operations, id_of
from shared.operations.models import (
    BehindOut,
    Choice,
    DeadLetterDetail,
    DeadLetterLine,
    Decided,
    DecisionOut,
    QueuesOut,
    Reason,
    ReplayedMany,
    ReplayMany,
)
from shared.operations.policy import DECIDE, OPERATE, READ_LETTERS, READ_QUEUES
from shared.web import (
    Answer,
    Caller,
    Cursor,
    Limit,
    Page,
    decode_cursor,
    encode_cursor,
    etag,
    expected_version,
)

router = APIRouter(prefix="/v1", tags=["operations"])

Reader = Annotated[Subject, requires("ops.read")]
Manager = Annotated[Subject, requires("ops.manage")]
LetterId = Annotated[str, Path(pattern=r"^[0-9]{1,18}-[0-9a-f]{8}$")]
Name = Annotated[str | None, Query(min_length=1, max_length=300)]

_CHOICES: dict[str, Choice] = {"replay": "replay", "discard": "discard"}
_Answers = dict[int | str, dict[str, Any]]
_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
_GONE: _Answers = {404: {"description": "There is no such dead letter (any more)", **_PROBLEM}}
_DENIED: _Answers = {403: {"description": "Not an operator's office", **_PROBLEM}}
_DECIDED: _Answers = {412: {"description": "Another operator decided meanwhile", **_PROBLEM}}
_ACT = _DENIED | _GONE | _DECIDED


@router.get("/queues", responses=_DENIED)
async def read_queues(request: Request, reader: Reader) -> QueuesOut:
    """What waits in the outbox and at each group of consumers."""
    operations = _operations(request)
    operations.policy.check(reader, READ_QUEUES, None, OPERATE)
    return await operations.queues()


@router.get("/dead-letters", responses=_DENIED)
async def list_dead_letters(
    request: Request,
    reader: Reader,
    consumer: Name = None,
    topic: Name = None,
    subject: Name = None,
    type_: Annotated[str | None, Query(alias="type", min_length=1, max_length=300)] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> Page[DeadLetterLine]:
    """What consumers could not handle, the oldest first."""
    operations = _operations(request)
    operations.policy.check(reader, READ_LETTERS, None, OPERATE)
    after = decode_cursor(cursor, int)[0] if cursor else 0
    async with operations.db.read() as connection:
        found = await operations.letters.list(
            connection, after=after, limit=limit + 1,
            consumer=consumer, topic=topic, subject=subject, type=type_,
        )  # fmt: skip
    page = found[:limit]
    following = encode_cursor([page[-1].id]) if len(found) > limit else None
    return Page(items=[DeadLetterLine(**_written(one)) for one in page], next=following)


@router.get("/dead-letters/{letter}", response_model=DeadLetterDetail, responses=_DENIED | _GONE)
async def read_dead_letter(
    letter: LetterId,
    request: Request,
    response: Response,
    reader: Reader,
) -> DeadLetterDetail:
    """One of them with its event, what waits behind it, and what was decided before."""
    operations = _operations(request)
    operations.policy.check(reader, READ_LETTERS, None, OPERATE)
    async with operations.db.read() as connection:
        found = await operations.find(connection, letter)
        behind = await operations.letters.behind(connection, found)
        decisions = await operations.letters.decisions_on(connection, found)
    version = len(decisions) + 1
    response.headers["ETag"] = etag(version)
    return DeadLetterDetail(
        **_written(found),
        **_content(found.envelope),
        version=version,
        retry_at=found.due_at,
        behind=[
            BehindOut(event=one.event_id, type=one.type, sequence=one.sequence, at=one.parked_at)
            for one in behind
        ],
        decisions=[
            DecisionOut(
                decision=_CHOICES[one.decision], who=one.who, why=one.why, at=one.decided_at
            )
            for one in decisions
        ],
    )


@router.post("/dead-letters/replay", response_model=ReplayedMany, responses=_DENIED)
async def replay_dead_letters(body: ReplayMany, request: Request, manager: Manager) -> Response:
    """Have all that fit tried again, a hundred at most."""
    operations = _operations(request)
    operations.policy.check(manager, DECIDE, None, OPERATE)

    async def replay(tx: AsyncConnection) -> Answer:
        return Answer(200, await operations.replay_many(tx, body, _who(manager)))

    return await operations.idempotency.run(request, _caller(manager), replay)


@router.post("/dead-letters/{letter}/replay", response_model=Decided, responses=_ACT)
async def replay_dead_letter(
    letter: LetterId,
    body: Reason,
    request: Request,
    manager: Manager,
) -> Response:
    """Have it tried again at once; after a gap: the missing events will not come."""
    return await _decide(request, manager, letter, "replay", body.why)


@router.post("/dead-letters/{letter}/discard", response_model=Decided, responses=_ACT)
async def discard_dead_letter(
    letter: LetterId,
    body: Reason,
    request: Request,
    manager: Manager,
) -> Response:
    """Give the event up for good; those behind it go on."""
    return await _decide(request, manager, letter, "discard", body.why)


async def _decide(
    request: Request, manager: Subject, id_: str, decision: Choice, why: str
) -> Response:
    operations = _operations(request)
    operations.policy.check(manager, DECIDE, None, OPERATE)
    seen = expected_version(request)

    async def decide(tx: AsyncConnection) -> Answer:
        decided = await operations.decide(tx, id_, decision, who=_who(manager), why=why, seen=seen)
        return Answer(200, decided)

    return await operations.idempotency.run(request, _caller(manager), decide)


def _operations(request: Request) -> Operations:
    operations: Operations = request.app.state.operations
    return operations


def _who(subject: Subject) -> str:
    return subject.staff.id if subject.staff else subject.sub


def _caller(subject: Subject) -> Caller:
    return Caller(subject.client_id, subject.sub, subject.acting_for)


def _written(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": id_of(letter),
        "number": letter.id,
        "consumer": letter.consumer,
        "topic": letter.topic,
        "subject": letter.subject,
        "sequence": letter.sequence,
        "event": letter.event_id,
        "type": letter.type,
        "parked": letter.why.value,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "first_at": letter.parked_at,
        "last_at": letter.dead_at,
        "waiting": letter.waiting,
    }


def _content(envelope: bytes) -> dict[str, Any]:
    """The event to be read; bytes that are no JSON object as they are."""
    try:
        event = orjson.loads(envelope)
    except orjson.JSONDecodeError:
        event = None
    if isinstance(event, dict):
        return {"envelope": event, "raw": None}
    return {"envelope": None, "raw": envelope.decode("utf-8", "backslashreplace")}
