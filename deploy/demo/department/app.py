"""The system's REST interface, in its vendor's manner and not in ours."""

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel, Field

from deploy.demo.department.checks import Check, answer
from deploy.demo.department.registers import Register, read
from deploy.demo.department.settings import Settings
from shared.crypto.secretfile import create_secret, read_secret


class Lookup(BaseModel):
    """A look-up: the key is in the body, so that no log of URLs ever holds it."""

    key: str = Field(min_length=1, max_length=64)
    fields: list[str] = Field(min_length=1, max_length=200)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The system with its registers; its key file is made at the first start."""
    settings = settings or Settings()
    app = FastAPI(title="Demo department", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.registers = read(settings.registers)
    app.state.key = key_of(settings.key_file)
    app.state.down_file = settings.down_file
    app.get("/registers")(list_registers)
    app.post("/registers/{code}/lookup")(look_up)
    app.post("/checks")(check)
    return app


def key_of(file: Path) -> str:
    """The key that callers must send, made when there is none yet."""
    if not file.exists():
        create_secret(file, secrets.token_urlsafe(32).encode())
    return read_secret(file).decode("ascii").strip()


async def admitted(
    request: Request, x_api_key: Annotated[str, Header(max_length=200)] = ""
) -> dict[str, Register]:
    """The registers, for who has the key, while the system is up."""
    if await asyncio.to_thread(request.app.state.down_file.exists):
        raise HTTPException(503, "down for maintenance")
    if not secrets.compare_digest(x_api_key.encode(), request.app.state.key.encode()):
        raise HTTPException(401, "send the key as X-API-Key")
    registers: dict[str, Register] = request.app.state.registers
    return registers


Registers = Annotated[dict[str, Register], Depends(admitted)]


async def list_registers(registers: Registers) -> dict[str, int]:
    """The registers by code, and how many rows each has."""
    return {code: len(register) for code, register in registers.items()}


async def look_up(code: str, asked: Lookup, registers: Registers) -> dict[str, Any]:
    """The row under a key, null when there is none."""
    if code not in registers:
        raise HTTPException(404, f"there is no register {code}")
    record = registers[code].find(asked.key, asked.fields)
    return {"record": record, "as_of": datetime.now(UTC).isoformat(timespec="seconds")}


async def check(asked: Check, registers: Registers) -> dict[str, Any]:
    """Whether facts about a person are true."""
    return answer(registers, asked)
