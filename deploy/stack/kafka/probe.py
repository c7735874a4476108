"""Whether a broker takes requests, asked in Kafka's own protocol without a client."""

import socket
import struct

_API_VERSIONS, _CORRELATION, _NO_ERROR = 18, 1, 0
_HEAD = struct.Struct(">iih")  # of an answer: its size, whose it is, the error
_SECONDS = 3.0


def answers(bootstrap: str) -> bool:
    """Whether the broker at HOST:PORT says which requests it knows; it does so once it is up."""
    host, _, port = bootstrap.rpartition(":")
    asked = struct.pack(">hhih", _API_VERSIONS, 0, _CORRELATION, -1)
    try:
        with (
            socket.create_connection((host, int(port)), _SECONDS) as connection,
            connection.makefile("rb") as stream,
        ):
            connection.sendall(struct.pack(">i", len(asked)) + asked)
            head = stream.read(_HEAD.size)
    except OSError:
        return False
    return len(head) == _HEAD.size and _HEAD.unpack(head)[1:] == (_CORRELATION, _NO_ERROR)
