"""What the platform says of itself: which services answer, their queues and their dead letters."""

import asyncio
from collections.abc import Iterable
from typing import Any

import httpx

from services.portal.clients.gateway import (
    Json,
    MakeClient,
    Service,
    TokenRefused,
    Trouble,
    send,
)


class Operations:
    """Each service is asked through a breaker of its own, so one that is down hides no other."""

    def __init__(self, make: MakeClient) -> None:
        self._make = make
        self._services: dict[str, _Operated] = {}
        self._gateway: httpx.AsyncClient | None = None

    async def upstreams(self) -> dict[str, str]:
        """Each service behind the gateway: `ready`, `unready` or `down`."""
        if self._gateway is None:
            self._gateway = self._make()
        found: dict[str, str] = (await send(self._gateway, "GET", "/readyz"))["upstreams"]
        return found

    async def of_all(
        self, services: Iterable[str], token: str, path: str, **wanted: Any
    ) -> dict[str, Json | None]:
        """One question to each of the services; None where no answer came."""
        asked = tuple(services)
        answers = await asyncio.gather(
            *(self.ask(name, token, path, **wanted) for name in asked), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Trouble | TokenRefused):
                raise answer
        refused = [answer for answer in answers if isinstance(answer, TokenRefused)]
        if refused and len(refused) == len(answers):  # the login is over, not a service at odds
            raise refused[0]
        return {
            name: answer if isinstance(answer, dict) else None
            for name, answer in zip(asked, answers, strict=True)
        }

    async def ask(
        self, service: str, token: str, path: str, language: str = "zh", **wanted: Any
    ) -> Json:
        """One question to one service."""
        return await self._of(service).ask(
            "GET", path, token=token, params=wanted, language=language
        )

    async def act(
        self,
        service: str,
        token: str,
        path: str,
        body: Json,
        *,
        key: str,
        version: int | None = None,
        language: str = "zh",
    ) -> Json:
        """One act; the key makes a repeated request the same act, the version a lost race 412."""
        headers = {"Idempotency-Key": key, "If-Match": f'"{version}"' if version else None}
        return await self._of(service).ask(
            "POST", path, token=token, json=body, headers=headers, language=language
        )

    def _of(self, service: str) -> "_Operated":
        if service not in self._services:
            self._services[service] = _Operated(self._make, service)
        return self._services[service]


class _Operated(Service):
    def __init__(self, make: MakeClient, service: str) -> None:
        super().__init__(make)
        self.prefix = service
