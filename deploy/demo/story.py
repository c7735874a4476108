"""The main job, as a citizen and a department's system do it: through the gateway only."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from deploy.demo.citizen import Citizen, Stopped
from deploy.demo.department.receiver import Events, Receiver
from deploy.demo.vendor import Vendor

WORDS = "孩子刚出生要上户口"
_TYPED = {
    "relationship": "母亲",
    "settle_with": "母亲",
    "delivery": "邮寄到家",
    "delivery_address": "云州市南湖区湖滨街道湖滨路20号3幢501室",
    "child_ethnicity": "汉族",
}
_PATIENCE = 15
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Step:
    """One thing that happened: in words, and what shows it."""

    title: str
    shown: str


def play(demo: dict[str, Any]) -> Iterator[Step]:
    """Find an item, log in once, apply pre-filled, have it handled, and follow every event."""
    with (
        closing(Citizen(demo)) as citizen,
        closing(Vendor(demo)) as vendor,
        receiving(vendor) as received,
    ):
        yield from _played(demo, citizen, vendor, received)


@contextmanager
def receiving(vendor: Vendor) -> Iterator[Events]:
    """A receiver of the department's on this machine, to which its events are posted meanwhile."""
    with closing(Events(":memory:")) as events, Receiver(events) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        made = vendor.subscribe(receiver.url)
        receiver.secrets.append(made["secret"])
        try:
            yield events
        finally:
            vendor.unsubscribe(made["id"])
            receiver.shutdown()
            thread.join()


def _played(
    demo: dict[str, Any], citizen: Citizen, vendor: Vendor, received: Events
) -> Iterator[Step]:
    found = citizen.get("/api/catalogue/v1/items", q=WORDS, region="990102")["items"][0]
    yield Step("用日常的话找到事项 (found by everyday words)", f"“{WORDS}” → {found['name']}")
    app = citizen.register_app()
    citizen.log_in(demo["accounts"]["citizen"], app)
    me = citizen.get("/api/identity/v1/me", purpose="prefill", item=found["code"])
    yield Step("登录一次 (logged in once)", f"{me['name']}，实名等级 L{me['level']}")
    schema = citizen.get(f"/api/catalogue/v1/items/{found['code']}/form")["schema"]
    form, sources = prefilled(citizen, schema, me, found["code"])
    yield Step(
        "表单已预填 (form pre-filled)", "；".join(f"{s}: {n} 项" for s, n in sources.items())
    )
    body = {"item": found["code"], "form": form | _TYPED, "status": "submitted"}
    case = citizen.post("/api/cases/v1/cases", body, expect=201)
    number = case["number"]
    yield Step("提交一次 (submitted)", f"办件 {number}，状态 {case['status']}")
    yield _told(vendor, number, "case_submitted")
    yield from _handled(vendor, number)
    yield _pushed(received, number)
    history = citizen.get(f"/api/cases/v1/cases/{number}/history")
    acts = [entry["act"] for entry in history["lines"]]
    yield Step("申请人看到每一步 (the applicant sees each step)", " → ".join(acts))


def prefilled(
    citizen: Citizen, schema: dict[str, Any], me: dict[str, Any], item: str
) -> tuple[dict[str, Any], dict[str, int]]:
    """What the state knows already: the form's values, and how many each source gave."""
    known: dict[str, dict[str, Any]] = {"identity": me}
    form: dict[str, Any] = {}
    counts: dict[str, int] = {}
    for name, field in asked_fields(schema).items():
        origin = field.get("x-prefill")
        if origin is None:
            continue
        source = origin["source"]
        if source not in known:
            answer = citizen.query(source, me["id"], item)
            known[source] = answer.json()["values"] if answer.is_success else {}
        value = known[source].get(origin["field"])
        if value is not None:
            form[name] = value
            counts[source] = counts.get(source, 0) + 1
    return form, counts


def asked_fields(schema: dict[str, Any]) -> dict[str, Any]:
    """The fields that this applicant is asked: the form's own, and those of the branches taken."""
    fields = dict(schema["properties"])
    for branch in schema.get("allOf", []):
        condition = branch["if"]["properties"]
        if all(_TYPED.get(name) == wanted.get("const") for name, wanted in condition.items()):
            fields |= branch["then"].get("properties", {})
    return fields


def _handled(vendor: Vendor, number: str) -> Iterator[Step]:
    acts: list[tuple[str, Callable[[str], Any], str]] = [
        ("部门受理 (accepted)", vendor.accept, "case_accepted"),
        ("部门办结 (decided)", vendor.decide, "case_decided"),
        ("结果送达 (delivered)", vendor.deliver, "case_delivered"),
    ]
    for title, act, fact in acts:
        done = act(number)
        yield Step(title, f"状态 {done['status']}，第 {done['version']} 版")
        yield _told(vendor, number, fact)


def _pushed(received: Events, number: str) -> Step:
    """Wait until the last of the case's events was posted to the receiver, signed and in order."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        events = received.of(number)
        facts = [event["type"].split(".")[2] for event in events]
        if facts[-1:] == ["case_delivered"]:
            return Step(
                "同样推送到部门系统 (pushed by webhook, signed, in order)", " → ".join(facts)
            )
        time.sleep(_LOOK_SECONDS)
    raise Stopped(f"the webhook of {number} did not come within {_PATIENCE} s")


def _told(vendor: Vendor, number: str, fact: str) -> Step:
    """Wait for the event that tells of the step, as the department's feed has it."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        for event in vendor.follow(f"tongban.cases.{fact}.v1"):
            if event["subject"] == number:
                return Step("  事件 (event)", f"{event['type']} #{event['sequence']} {event['id']}")
    raise Stopped(f"no event {fact} of {number} came within {_PATIENCE} s")
