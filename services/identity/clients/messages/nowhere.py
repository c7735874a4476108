"""No way out: an installation that has not said how people are reached."""

from services.identity.clients.messages.port import Kind, Message, NotSent


class NoMessages:
    """Sends nothing and says so."""

    reaches: frozenset[Kind] = frozenset()

    async def send(self, message: Message) -> None:  # noqa: ARG002 - the port has it
        """Refused; what waits is kept, until there is a way."""
        raise NotSent("no_way_out")
