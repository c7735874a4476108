"""Load resources and permits from a file, as operators do; what did not change stays."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands.definitions import ConnectorIn, PermitIn, ResourceIn
from services.exchange.commands.grant import Granting, permit_digest
from services.exchange.commands.publish import Publishing, digest_of
from services.exchange.store import Permits, Resources
from shared.service import Runtime
from shared.web import Problem

OPERATOR = "operator"

M = TypeVar("M", bound=BaseModel)


class BadFile(Exception):
    """The file cannot be loaded; one line for each mistake, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many of each the file brought that were not there."""

    resources: int
    permits: int

    def __str__(self) -> str:
        return f"{self.resources} 个数据资源、{self.permits} 个授权 (resources, permits) 新载入"


async def load(runtime: Runtime, file: Path, *, connector_url: str | None = None) -> Loaded:
    """Load a file in one transaction; `connector_url` stands in for every connector's own.

    What an officer changed or revoked since is not undone by loading the same file again.
    """
    document = await asyncio.to_thread(_read, file)
    mistakes: list[str] = []
    resources = _all(document, "resources", ResourceIn, mistakes)
    permits = _all(document, "permits", PermitIn, mistakes)
    if mistakes:
        raise BadFile("\n".join(mistakes))
    publishing = Publishing(runtime.outbox, runtime.evidence)
    granting = Granting(runtime.outbox, runtime.evidence)
    try:
        async with runtime.db.write() as tx:
            new = [
                await _resource(tx, publishing, _placed(one, connector_url)) for one in resources
            ]
            granted = [await _permit(tx, granting, one) for one in permits]
    except Problem as problem:
        raise BadFile(str(problem)) from problem
    return Loaded(sum(new), sum(granted))


async def _resource(tx: AsyncConnection, publishing: Publishing, given: ResourceIn) -> bool:
    old = await Resources(tx).locked(given.code)
    if old is not None and old.loaded == digest_of(given):
        return False
    published = await publishing.resource(tx, given, OPERATOR)
    await Resources(tx).mark_loaded(given.code, digest_of(given))
    return old is None or published.version > old.version


async def _permit(tx: AsyncConnection, granting: Granting, given: PermitIn) -> bool:
    if await Permits(tx).granted_before(permit_digest(given)):
        return False
    resource = await Resources(tx).find(given.resource)
    if resource is None:
        raise BadFile(f"a permit names {given.resource}, which is no resource here")
    await granting.grant(tx, given, resource, OPERATOR)
    return True


def _placed(given: ResourceIn, connector_url: str | None) -> ResourceIn:
    """The resource with its connector led elsewhere."""
    if connector_url is None:
        return given
    moved = given.connector.model_dump() | {"url": connector_url}
    try:
        connector = ConnectorIn.model_validate(moved)
    except ValidationError as error:
        raise BadFile(f"connector URL: {error.errors()[0]['msg']}") from error
    return given.model_copy(update={"connector": connector})


def _read(file: Path) -> Mapping[str, Any]:
    try:
        document = orjson.loads(file.read_bytes())
    except OSError as error:
        raise BadFile(f"{file}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise BadFile(f"{file}: not JSON: {error}") from error
    if not isinstance(document, dict) or not document.keys() <= {"resources", "permits"}:
        raise BadFile(f'{file}: write it as {{"resources": […], "permits": […]}}')
    return document


def _all(document: Mapping[str, Any], part: str, model: type[M], mistakes: list[str]) -> list[M]:
    """The entries of a part; what is wrong with others is added to the mistakes."""
    entries = document.get(part, [])
    if not isinstance(entries, list):
        mistakes.append(f"{part}: write a list")
        return []
    read = []
    for number, entry in enumerate(entries, 1):
        try:
            read.append(model.model_validate(entry))
        except ValidationError as error:
            mistakes += [
                f"{part}[{number}].{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors()
            ]
    return read
