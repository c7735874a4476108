"""A register behind HTTP: the facts go in the body, yes or no comes back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx

from services.identity.clients.register.port import Answer, Facts, Unanswered
from shared.crypto.secretfile import read_secret
from shared.ids import new_id

_SECONDS = 5.0
_LONGEST_REFERENCE = 100


class HttpRegister:
    """`POST <URL>/checks`, with the key of the file as `X-API-Key`.

    Body: id, kind `facts` or `guardian`, subject {name, id_number, card}, and for `guardian` also
    guardian {name, id_number}. Answer: {"match": true or false, "reference": text}.
    """

    def __init__(self, http: httpx.AsyncClient, key_file: Path) -> None:
        self._http = http
        self._key_file = key_file

    async def knows(self, facts: Facts) -> Answer:
        """One question about one person."""
        return await self._ask("facts", subject=_written(facts))

    async def is_guardian(self, guardian: Facts, child: Facts) -> Answer:
        """One question about two people."""
        return await self._ask("guardian", subject=_written(child), guardian=_written(guardian))

    async def _ask(self, kind: str, **about: Any) -> Answer:
        body = {"id": new_id("chk"), "kind": kind, **about}
        try:
            key = await asyncio.to_thread(read_secret, self._key_file)
            async with asyncio.timeout(_SECONDS):
                headers = {"X-API-Key": key.decode("ascii").strip()}
                answer = await self._http.post("checks", json=body, headers=headers)
            told = answer.raise_for_status().json()
            return Answer(told["match"] is True, str(told["reference"])[:_LONGEST_REFERENCE])
        except (TimeoutError, OSError, httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            # The error's text could hold what was asked; its kind is enough.
            raise Unanswered(type(error).__name__) from None


def _written(facts: Facts) -> dict[str, str]:
    told = {"name": facts.name, "id_number": facts.id_number}
    return told if facts.card is None else {**told, "card": facts.card}
