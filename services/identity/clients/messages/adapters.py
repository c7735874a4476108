"""Which way out the settings name."""

from collections.abc import Callable
from pathlib import Path

import httpx

from services.identity.clients.messages.file import FileMessages
from services.identity.clients.messages.gateway import GatewayMessages
from services.identity.clients.messages.nowhere import NoMessages
from services.identity.clients.messages.port import Messages
from services.identity.settings import Settings


def open_messages(settings: Settings, client: Callable[[str], httpx.AsyncClient]) -> Messages:
    """`file:PATH` or an HTTP gateway; `client` makes the client of a URL."""
    url = settings.messages_url
    if url is None:
        return NoMessages()
    if url.startswith("file:"):
        return FileMessages(Path(url.removeprefix("file:")), settings.site_name)
    secret = settings.messages_secret
    return GatewayMessages(
        client(url), url, secret.get_secret_value() if secret else "", settings.site_name
    )
