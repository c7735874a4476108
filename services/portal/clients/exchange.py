"""What departments know already, asked for the person himself."""

from services.portal.clients.gateway import Json, MakeClient, Service


class Exchange:
    """Department sources; each has a breaker of its own, so one that is down hides no other."""

    def __init__(self, make: MakeClient) -> None:
        self._make = make
        self._sources: dict[str, _Source] = {}

    async def query(
        self, token: str, resource: str, *, key: dict[str, str], item: str, fields: list[str]
    ) -> Json:
        """The fields of a resource: `{"values": …, "source": …}`."""
        if resource not in self._sources:
            self._sources[resource] = _Source(self._make)
        return await self._sources[resource].ask(
            "POST",
            f"/resources/{resource.replace('/', '.')}/query",
            token=token,
            json={"key": key, "purpose": "prefill", "item": item, "fields": fields},
        )


class _Source(Service):
    prefix = "exchange"
