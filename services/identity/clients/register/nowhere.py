"""No register: an installation where people prove themselves at a window only."""

from services.identity.clients.register.port import Answer, Facts, Unanswered


class NoRegister:
    """Answers nothing and says so."""

    async def knows(self, facts: Facts) -> Answer:  # noqa: ARG002 - the port has it
        """Nobody to ask."""
        raise Unanswered("no register is set")

    async def is_guardian(self, guardian: Facts, child: Facts) -> Answer:  # noqa: ARG002
        """Nobody to ask."""
        raise Unanswered("no register is set")
