"""Whether each process of the stack does its work."""

import json

from deploy.stack.asking import ask
from deploy.stack.kafka import answers
from deploy.stack.programs import Program, Stack

OK = 200
_UNAUTHORISED = 401


def ready(stack: Stack, program: Program, process: str) -> bool:
    """Whether a process answers that it is ready, on its own address."""
    if program.name == "postgres":
        return stack.cluster.ready()
    if program.name == "kafka":
        return answers(stack.broker.bootstrap)
    if program.name == "gateway":
        return ask(stack.settings.gateway_port, "/readyz")[0] == OK
    if program.name == "department":
        # It has no page about its health; that it wants its key shows that it works.
        return ask(stack.layout.socket("department"), "/registers")[0] == _UNAUTHORISED
    return ask(stack.layout.socket(process), "/readyz")[0] == OK


def upstreams(stack: Stack) -> dict[str, str]:
    """What the gateway says of the services behind it; nothing when it does not answer."""
    status, body = ask(stack.settings.gateway_port, "/readyz")
    found: dict[str, str] = json.loads(body)["upstreams"] if status == OK else {}
    return found
