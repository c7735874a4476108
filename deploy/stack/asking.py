"""Questions by HTTP to a process on this machine, on a Unix socket or a port."""

import http.client
import socket
from pathlib import Path

_SECONDS = 3.0


class LocalConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path, *, seconds: float = _SECONDS) -> None:
        super().__init__("stack", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a port."""
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        found.settimeout(self.timeout)
        try:
            found.connect(str(self._path))
        except OSError:
            found.close()
            raise
        self.sock = found


def ask(where: Path | int, path: str, *, seconds: float = _SECONDS) -> tuple[int, bytes]:
    """GET `path` at a socket or a port of the loopback; (0, b"") when nobody answers."""
    connection = (
        LocalConnection(where, seconds=seconds)
        if isinstance(where, Path)
        else http.client.HTTPConnection("127.0.0.1", where, timeout=seconds)
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()
