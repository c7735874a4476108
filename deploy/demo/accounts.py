"""The demo's accounts: made at the first start, written to var/demo.json, the same ever after."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.identity.commands.seed import DemoSystem, Plan, seed
from shared.auth.keys import load_or_create

PEOPLE = Path(__file__).parent / "people.json"
SHOWN = {
    "citizen": "市民",
    "agent": "企业经办人",
    "elder": "长者",
    "window": "综合窗口",
    "officer": "经办人",
    "reviewer": "审批人",
    "inspector": "监察员",
    "administrator": "系统管理员",
    "security_administrator": "安全管理员",
    "auditor": "审计管理员",
    "hall_manager": "大厅管理员",
}
_CLIENTS = ("catalogue", "cases", "exchange", "portal")
_DEPARTMENT_SCOPE = "exchange.query cases.handle cases.read events.read"
_ITEM = "11990102MB2906957H4000709001001"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def read(file: Path) -> dict[str, Any] | None:
    """What an earlier start wrote, or None at the first."""
    try:
        known: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return known


def invent(base: str, issuer: str) -> dict[str, Any]:
    """The demo's file with secrets that nobody else has."""
    people = json.loads(PEOPLE.read_text("utf-8"))["people"]
    names = {person["key"]: person["username"] for person in people}
    return {
        "base": base,
        "issuer": issuer,
        "accounts": {
            key: {"username": names[key], "password": _password()} for key in SHOWN if key in names
        },
        "clients": {
            "department": {
                "client_id": "department",
                "client_secret": secrets.token_urlsafe(32),
                "scope": _DEPARTMENT_SCOPE,
            }
        },
        "registration_token": secrets.token_urlsafe(32),
        "item": _ITEM,
        "bundle": "",
    }


async def make(identity: FastAPI, demo: dict[str, Any]) -> None:
    """Make the accounts and clients of the file at identity; what is there stays."""
    people = json.loads(PEOPLE.read_text("utf-8"))
    officer = next(one for one in people["staff"] if one["key"] == "officer")
    client = demo["clients"]["department"]
    plan = Plan(
        people=people,
        passwords={key: account["password"] for key, account in demo["accounts"].items()},
        client_keys={name: _public_key(name) for name in _CLIENTS},
        department=DemoSystem(
            secret=client["client_secret"],
            department=officer["department"],
            region=officer["region"],
        ),
        registration_token=demo["registration_token"],
    )
    await seed(identity.state.provider, plan)


def write(file: Path, demo: dict[str, Any]) -> None:
    """Keep it for this machine's user only; whole or not at all."""
    draft = file.with_suffix(".draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as written:
        json.dump(demo, written, ensure_ascii=False, indent=1)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(file)


def welcome(
    demo: dict[str, Any],
    seconds: float,
    file: Path,
    end: str = "按 Ctrl-C 停止，数据保留 (Ctrl-C stops, your data stay)",
) -> str:
    """What the terminal shows when all is up; `end`: how it is stopped."""
    base = demo["base"]
    rows = [
        f"  {SHOWN[key]:　<6} {account['username']:<14} {account['password']}"
        for key, account in demo["accounts"].items()
    ]
    return "\n".join(
        [
            f"通办已启动，用时 {seconds:.0f} 秒 (Tongban is up)",
            "",
            f"  门户 portal      {base}/",
            f"  接口文档 API      {base}/api/docs",
            f"  工作台 desk      {base}/desk",
            "",
            "  演示账号 demo accounts (账号 密码)",
            *rows,
            "",
            f"  全部在 {file} (all of it is there)",
            f"  {end}",
        ]
    )


def _public_key(client: str) -> dict[str, Any]:
    key = load_or_create(Path(os.environ["KEYS_FOLDER"]) / f"{client}.jwk")
    return {**key.as_dict(private=False)}


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
