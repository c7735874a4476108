"""The registers that prove who somebody is: one port, an adapter for each way there."""

from services.identity.clients.register.adapters import open_register
from services.identity.clients.register.gateway import HttpRegister
from services.identity.clients.register.nowhere import NoRegister
from services.identity.clients.register.port import Answer, Facts, Register, Unanswered

__all__ = [
    "Answer",
    "Facts",
    "HttpRegister",
    "NoRegister",
    "Register",
    "Unanswered",
    "open_register",
]
