"""Cases: the applicant's own, and those on an officer's desk."""

from typing import Any

from services.portal.clients.gateway import Json, Service


class Cases(Service):
    """The API of cases."""

    prefix = "cases"

    async def mine(self, token: str, **wanted: Any) -> Json:
        """The person's cases, the newest first."""
        return await self.ask("GET", "/cases", token=token, params=wanted)

    async def read(self, token: str, number: str, language: str = "zh") -> Json:
        """One case, with as much of it as the caller may see."""
        return await self.ask("GET", f"/cases/{number}", token=token, language=language)

    async def history(self, token: str, number: str, language: str = "zh") -> list[Json]:
        """What happened to it, the first act first."""
        answer = await self.ask("GET", f"/cases/{number}/history", token=token, language=language)
        lines: list[Json] = answer["lines"]
        return lines

    async def clock(self, token: str, number: str, language: str = "zh") -> Json:
        """Its deadlines, explained."""
        return await self.ask("GET", f"/cases/{number}/clock", token=token, language=language)

    async def draft(
        self, token: str, item: str, form: Json, calls: Json, *, key: str, language: str
    ) -> Json:
        """Begin a case as a draft; `calls`: which call of the exchange a field was filled from."""
        body = {"item": item, "form": form, "status": "draft", "provenance": calls}
        return await self._post(token, "/cases", body, key, language)

    async def edit(
        self, token: str, number: str, form: Json, calls: Json, *, version: int, language: str
    ) -> Json:
        """Change the form of a draft that nobody changed since this version."""
        return await self.ask(
            "PUT",
            f"/cases/{number}/form",
            token=token,
            json={"form": form, "provenance": calls},
            headers={"If-Match": f'"{version}"'},
            language=language,
        )

    async def act(
        self,
        token: str,
        number: str,
        act: str,
        body: Json,
        *,
        key: str,
        version: int | None = None,
        language: str = "zh",
    ) -> Json:
        """One act; the key makes a repeated request the same act, the version a lost race 412."""
        return await self._post(token, f"/cases/{number}/{act}", body, key, language, version)

    async def tasks(self, token: str, **wanted: Any) -> Json:
        """What the officer's department owes, by the day it is due."""
        return await self.ask("GET", "/tasks", token=token, params=wanted)

    async def _post(
        self,
        token: str,
        path: str,
        body: Json,
        key: str,
        language: str,
        version: int | None = None,
    ) -> Json:
        headers = {"Idempotency-Key": key, "If-Match": f'"{version}"' if version else None}
        return await self.ask(
            "POST", path, token=token, json=body, headers=headers, language=language
        )
