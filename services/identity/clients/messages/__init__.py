"""Messages to people by SMS and e-mail: one port, an adapter for each way out."""

from services.identity.clients.messages.adapters import open_messages
from services.identity.clients.messages.file import FileMessages
from services.identity.clients.messages.gateway import GatewayMessages
from services.identity.clients.messages.nowhere import NoMessages
from services.identity.clients.messages.port import Kind, Message, Messages, NotSent
from services.identity.clients.messages.texts import TEMPLATES, Template

__all__ = [
    "TEMPLATES",
    "FileMessages",
    "GatewayMessages",
    "Kind",
    "Message",
    "Messages",
    "NoMessages",
    "NotSent",
    "Template",
    "open_messages",
]
