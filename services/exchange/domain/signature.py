"""Signatures of webhooks, as the Standard Webhooks specification has them (v1, HMAC-SHA256)."""

import base64
import hmac
from collections.abc import Iterable

PREFIX = "whsec_"
SECRET_BYTES = 32


def secret_of(random: bytes) -> str:
    """A signing secret as its receiver is told it."""
    return PREFIX + base64.b64encode(random).decode("ascii")


def signed(secrets: Iterable[str], message: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one signature for each secret that is good now."""
    content = b"%b.%d.%b" % (message.encode(), timestamp, body)
    return " ".join(_signature(secret, content) for secret in secrets)


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii")
