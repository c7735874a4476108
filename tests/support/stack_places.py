"""Brings a stack to where an act can be done, and removes afterwards what would be in the way."""

import asyncio
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import MetaData, delete, insert, text

from shared.db import Database
from shared.events import inbox_tables
from shared.events.inbox import Why
from shared.ids import uuid7
from tests.support.journey import birth_form
from tests.support.stack import Stack
from tests.support.stack_judgement import rows
from tests.support.stack_load import CASES, ITEMS, Act, Sender
from tests.support.stack_people import HEALTH, POLICE, REGION, REPRESENTATIVE, People

# What exchange has to allow: a source and a receiver at which nobody is, given up on at once.
ALLOWED = {
    "EXCHANGE_CONNECTOR_URLS": '["http://127.0.0.1:9"]',
    "EXCHANGE_WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
    "EXCHANGE_WEBHOOK_HTTP": "true",
    "EXCHANGE_WEBHOOK_PORTS": "[9]",
    "EXCHANGE_WEBHOOK_DAYS": "0.000001",
    "EXCHANGE_WEBHOOK_RETRY_SECONDS": "0.1",
}
RETIRED = "retired.of_a_test"  # a consumer that is no more: nobody else takes its letters
DELEGATIONS = "/api/identity/v1/me/delegations"
STAFF = "/api/identity/v1/staff"
RESOURCES, PERMITS, SUBSCRIPTIONS = (
    f"/api/exchange/v1/{name}" for name in ("resources", "permits", "subscriptions")
)
_NOTICE = {"fields": ["child_name"], "reasons": "姓名与出生医学证明不一致"}
ACTS: dict[str, dict[str, Any]] = {
    "accept": {"note": "材料齐全"},
    "refuse": {"ground": "not_eligible", "reasons": "不符合条件", "remedies": "六十日内可申请复议"},
    "request-correction": _NOTICE,
    "suspend": {"ground": "appraisal", "days": 5, "reasons": "需要鉴定"},
    "resume": {"note": "鉴定完成"},
    "extend": {"days": 3, "reasons": "情况复杂"},
    "decide": {"outcome": "granted", "result": "准予办理"},
    "deliver": {"means": "electronic"},
}
_RECEIVER = "http://127.0.0.1:9/events"
_SECONDS = 60.0
_INBOX = inbox_tables(MetaData())


class Places:
    """Brings a stack to where an act can be done."""

    def __init__(self, stack: Stack, people: People) -> None:
        self._windows = 0
        self.stack = stack
        self.sender = Sender(people, stack.base)
        self._codes: list[str] = []

    def close(self) -> None:
        """Remove what would be in the way of others."""
        for one in self.sender.read(SUBSCRIPTIONS, "system", limit=100)["items"]:
            headers = self.sender.people.headers("system") | {"If-Match": f'"{one["version"]}"'}
            gone = self.sender.http.delete(f"{SUBSCRIPTIONS}/{one['id']}", headers=headers)
            assert gone.is_success, gone.text
        for code in self._codes:
            self.sender.once(Act(f"{ITEMS}/{code}/withdraw", None, "editor"))
        for service in self.stack.planned.services:
            asyncio.run(_forget_letters(self.stack, service))
        self.sender.close()

    def done(self, path: str, body: Any, by: str, expect: int = 200) -> dict[str, Any]:
        """Do an act; gives its answer."""
        answer: dict[str, Any] = json.loads(self.sender.send(Act(path, body, by, expect)).answer)
        return answer

    def case(self, *acts: str, status: str = "submitted") -> str:
        """The path of a case after these acts."""
        body = {"item": self.stack.demo["item"], "form": birth_form(), "status": status}
        path = f"{CASES}/{self.done(CASES, body, 'applicant', 201)['number']}"
        for act in acts:
            self.done(f"{path}/{act}", ACTS[act], "system")
        return path

    def item(self) -> dict[str, Any]:
        """An item that is not in the catalogue yet."""
        known: dict[str, Any] = self.sender.read(
            f"{ITEMS}/{self.stack.demo['item']}/versions/1", "editor"
        )["item"]
        code = f"{known['code'][:-6]}{secrets.randbelow(900_000) + 100_000}"
        self._codes.append(code)
        named = {"name": "试验事项", "summary": "试验。", "keywords": []}
        return known | named | {"code": code, "local_code": None, "base_code": None}

    def resource(self) -> dict[str, Any]:
        """A resource that exchange does not know yet."""
        return {
            "code": f"health/of_a_test_{secrets.token_hex(4)}",
            "owner": HEALTH,
            "name": "预防接种信息",
            "key": "person",
            "fields": [{"name": "complete", "title": "已完成接种", "type": "boolean"}],
            "sharing": "conditional",
            "update_cycle": "daily",
            "legal_basis": "《中华人民共和国疫苗管理法》",
            "connector": {"url": "http://127.0.0.1:9", "path": "/lookup"},
        }

    def permit(self) -> dict[str, Any]:
        """A permit that was not granted yet."""
        resource = self.resource()
        self.done(RESOURCES, resource, "data_officer", 201)
        return {
            "resource": resource["code"],
            "consumer": {"department": POLICE},
            "items": ["*"],
            "purposes": ["case"],
            "fields": ["complete"],
            "valid_from": "2026-01-01",
            "valid_until": "2036-12-31",
            "legal_basis": "《政务数据共享条例》",
        }

    def subscription(self, *acts: str, types: str = "tongban.identity.*") -> str:
        """The path of a subscription after these acts."""
        made = self.done(SUBSCRIPTIONS, subscription(types), "system", 201)
        path = f"{SUBSCRIPTIONS}/{made['id']}"
        for act in acts:
            self.done(f"{path}/{act}", None, "system")
        return path

    def undelivered(self) -> str:
        """The path of an event that a subscription's receiver did not take."""
        path = self.subscription(types="tongban.cases.*")
        self.case()
        until = time.monotonic() + _SECONDS
        while not (found := self.sender.read(f"{path}/dead-letters", "system")["items"]):
            assert time.monotonic() < until, "the delivery was not given up"
            time.sleep(0.1)
        return f"{path}/dead-letters/{found[0]['event']}"

    def delegation(self) -> dict[str, Any]:
        """An authority that was not given yet."""
        mine = rows(
            self.stack,
            "identity",
            "SELECT id FROM organisations WHERE legal_representative = $1",
            self.sender.people.id_of(REPRESENTATIVE),
        )
        agent, *_ = rows(
            self.stack,
            "identity",
            "SELECT id FROM people WHERE id NOT IN (SELECT agent FROM delegations "
            "WHERE revoked_at IS NULL) AND id <> $1",
            self.sender.people.id_of(REPRESENTATIVE),
        )
        return {
            "organisation": mine[0]["id"],
            "agent": agent["id"],
            "valid_until": self.soon(),
        }

    def soon(self) -> str:
        """In thirty days."""
        until = datetime.now(UTC) + timedelta(days=30)
        return until.isoformat(timespec="seconds")

    def office(self) -> str:
        """The path of an office of the region whose holder nobody can log in as."""
        query = (
            "SELECT id FROM staff WHERE status = 'active' AND region = $1 AND department <> $2 "
            "AND person NOT IN (SELECT person FROM passwords)"
        )
        return f"{STAFF}/{rows(self.stack, 'identity', query, REGION, HEALTH)[0]['id']}"

    def new_office(self) -> dict[str, Any]:
        """An office for somebody who has none."""
        query = "SELECT id FROM people WHERE id NOT IN (SELECT person FROM staff) ORDER BY id DESC"
        person = rows(self.stack, "identity", query)[0]["id"]
        return {"person": person, "department": HEALTH, "region": REGION}

    def absence(self) -> tuple[str, dict[str, Any]]:
        """The path of an officer's deputies, and a colleague who could be one."""
        query = (
            "SELECT id FROM staff WHERE status = 'active' AND department = $1 AND region = $2 "
            "ORDER BY id"
        )
        officer, colleague, *_ = rows(self.stack, "identity", query, POLICE, REGION)
        until = datetime.now(UTC) + timedelta(days=1)
        return (
            f"{STAFF}/{officer['id']}/deputations",
            {"deputy": colleague["id"], "ends_at": until.isoformat(timespec="seconds")},
        )

    def secondment(self) -> tuple[str, dict[str, Any]]:
        """The path of an office's secondments, and one into a hall at another time each call."""
        self._windows += 1
        begins = datetime.now(UTC) + timedelta(days=2 * self._windows)
        ends = begins + timedelta(days=1)
        return (
            f"{self.office()}/secondments",
            {
                "hall_department": HEALTH,
                "hall_region": REGION,
                "begins_at": begins.isoformat(timespec="seconds"),
                "ends_at": ends.isoformat(timespec="seconds"),
            },
        )

    def letter(self, service: str) -> str:
        """The path of a dead letter of a service."""
        event = asyncio.run(_park(self.stack, service))
        path = f"/api/{service}/v1/dead-letters"
        found = self.sender.read(path, "operator", consumer=RETIRED, limit=100)["items"]
        [letter] = [one["id"] for one in found if one["event"] == event]
        return f"{path}/{letter}"

    def effects(self, service: str) -> int:
        """How many acts a service has proved; those of its own clock are left out."""
        return asyncio.run(_proved(self.stack, service))


def subscription(types: str = "tongban.identity.*") -> dict[str, Any]:
    """A subscription as it is asked for."""
    return {"url": _RECEIVER, "types": [types]}


async def _park(stack: Stack, service: str) -> str:
    """Store a dead letter as a consumer leaves it; gives the event's id."""
    event, moment = uuid7(), datetime.now(UTC)
    row = {
        "consumer": RETIRED,
        "topic": "tongban.probe",
        "subject": event,
        "sequence": 1,
        "event_id": event,
        "type": "tongban.probe.moved.v1",
        "envelope": b"{}",
        "why": Why.FAILED,
        "reason": "ValueError: of a test",
        "attempts": 8,
        "parked_at": moment,
        "dead_at": moment,
        "over_gap": False,
    }
    db = Database(stack.database(service))
    try:
        async with db.write() as tx:
            await tx.execute(insert(_INBOX.parked).values(row))
    finally:
        await db.dispose()
    return event


async def _forget_letters(stack: Stack, service: str) -> None:
    db = Database(stack.database(service))
    try:
        async with db.write() as tx:
            parked = _INBOX.parked
            await tx.execute(delete(parked).where(parked.c.consumer == RETIRED))
    finally:
        await db.dispose()


async def _proved(stack: Stack, service: str) -> int:
    db = Database(stack.database(service))
    try:
        async with db.read() as connection:
            query = 'SELECT count(*) FROM evidence_rows WHERE row NOT LIKE \'%"kind":"clock"%\''
            return int(await connection.scalar(text(query)) or 0)
    finally:
        await db.dispose()
