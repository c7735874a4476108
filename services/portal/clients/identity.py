"""Who the person is, and who looked at his data."""

from services.portal.clients.gateway import Json, Service


class Identity(Service):
    """Identity's API for the person himself."""

    prefix = "identity"

    async def me(self, token: str) -> Json:
        """The person, and for whom he acts now."""
        return await self.ask("GET", "/me", token=token)

    async def for_form(self, token: str, item: str) -> Json:
        """The person with whole numbers, to fill in the form of an item."""
        params = {"purpose": "prefill", "item": item}
        return await self.ask("GET", "/me", token=token, params=params)

    async def principal_for_form(self, token: str, item: str) -> Json:
        """The child or elder for whom the person acts, to fill in the form of an item."""
        return await self.ask("GET", "/me/principal", token=token, params={"item": item})

    async def access_log(self, token: str, cursor: str | None, language: str) -> Json:
        """Who read what of the person."""
        params = {"cursor": cursor, "limit": 50}
        return await self.ask(
            "GET", "/me/access-log", token=token, params=params, language=language
        )
