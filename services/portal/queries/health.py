"""The health of the whole, asked of every service at once."""

from services.portal.clients import Json, Operations
from services.portal.domain.judgement import ServiceState

_PORTAL = "portal"  # it has pages and no queues


class Health:
    """How each service stands."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def services(self) -> list[str]:
        """The services that can be asked about their queues and dead letters."""
        return [name for name in await self._operations.upstreams() if name != _PORTAL]

    async def states(self, token: str) -> list[ServiceState]:
        """Every service; one that does not answer stands there as such."""
        upstreams = await self._operations.upstreams()
        asked = [name for name in upstreams if name != _PORTAL]
        queues = await self._operations.of_all(asked, token, "/queues")
        return [
            ServiceState(name, state, queues.get(name), operated=name != _PORTAL)
            for name, state in sorted(upstreams.items())
        ]

    async def letters(
        self, token: str, services: list[str], language: str, **wanted: str | int
    ) -> dict[str, Json | None]:
        """A page of the dead letters of each service; None where no answer came."""
        return await self._operations.of_all(
            services, token, "/dead-letters", language=language, **wanted
        )
