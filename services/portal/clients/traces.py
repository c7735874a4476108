"""What the trace store knows."""

from services.portal.clients.gateway import Json, NotThere, Service

_NOT_KEPT = "trace-not-kept"


class NoTraceStore(Exception):
    """This installation sends its traces to another collector."""


class Traces(Service):
    """The trace store's API; an installation may do without it."""

    prefix = "traces"

    async def search(self, token: str, language: str, wanted: dict[str, str | int]) -> Json:
        """A page of traces, the newest first."""
        return await self._ask("/traces", token, language, wanted)

    async def trace(self, token: str, language: str, trace_id: str) -> Json:
        """One trace with its spans; NotThere when it is not kept any more."""
        return await self._ask(f"/traces/{trace_id}", token, language)

    async def of_case(self, token: str, language: str, number: str, cursor: str) -> Json:
        """A case's traces and business events, from its first."""
        return await self._ask(f"/cases/{number}/timeline", token, language, {"cursor": cursor})

    async def figures(self, token: str, language: str, minutes: int) -> Json:
        """Rate, errors and duration of each service."""
        return await self._ask("/services", token, language, {"minutes": minutes})

    async def _ask(
        self, path: str, token: str, language: str, wanted: dict[str, str | int] | None = None
    ) -> Json:
        try:
            return await self.ask("GET", path, token=token, params=wanted, language=language)
        except NotThere as missing:
            if missing.slug == _NOT_KEPT:
                raise
            raise NoTraceStore from missing
