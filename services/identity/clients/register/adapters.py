"""Which register the settings name."""

from collections.abc import Callable

import httpx

from services.identity.clients.register.gateway import HttpRegister
from services.identity.clients.register.nowhere import NoRegister
from services.identity.clients.register.port import Register
from services.identity.settings import Settings


def open_register(settings: Settings, client: Callable[[str], httpx.AsyncClient]) -> Register:
    """By HTTP when there is an address; `client` makes the client of a URL."""
    if settings.register_url is None or settings.register_key_file is None:
        return NoRegister()
    return HttpRegister(client(settings.register_url), settings.register_key_file)
