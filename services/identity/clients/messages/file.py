"""Messages into a file, one JSON line each: for onebox, where whoever reads it is the receiver."""

import asyncio
import os
from pathlib import Path

import orjson

from services.identity.clients.messages.port import Kind, Message, NotSent
from services.identity.clients.messages.texts import written
from shared.clock import now, rfc3339

_APPENDED = os.O_WRONLY | os.O_CREAT | os.O_APPEND
_OWNERS = 0o600


class FileMessages:
    """Appends to a file that only its owner reads."""

    reaches: frozenset[Kind] = frozenset({"sms", "email"})

    def __init__(self, path: Path, site: str) -> None:
        self._path = path
        self._site = site

    async def send(self, message: Message) -> None:
        """Append it; off the event loop, for a disk may be slow."""
        subject, text = written(message.template, message.values, message.language, self._site)
        line = {
            "id": message.id,
            "at": rfc3339(now()),
            "kind": message.kind,
            "to": message.to,
            "template": message.template,
            "values": dict(message.values),
            "subject": subject,
            "text": text,
        }
        try:
            await asyncio.to_thread(self._append, orjson.dumps(line) + b"\n")
        except OSError as error:
            raise NotSent("file_not_writable") from error

    def _append(self, line: bytes) -> None:
        file = os.open(self._path, _APPENDED, _OWNERS)
        try:
            os.write(file, line)
        finally:
            os.close(file)
