"""Ports that nobody listens on."""

import random
import socket

# Below those that the kernel gives to outgoing connections, so that none takes ours meanwhile.
_PORTS = range(20_000, 30_000)
_TRIES = 200


def free_ports(number: int = 1) -> int:
    """The first of so many free ports in a row."""
    for port in random.sample(_PORTS, _TRIES):
        if all(_is_free(one) for one in range(port, port + number)):
            return port
    raise OSError(f"no port is free among {_PORTS}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
