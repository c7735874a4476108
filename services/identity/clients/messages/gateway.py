"""Messages by an HTTP gateway, which knows the carriers and their templates."""

import asyncio

import httpx

from services.identity.clients.messages.port import Kind, Message, NotSent
from services.identity.clients.messages.texts import written

_SECONDS = 5.0


class GatewayMessages:
    """Posts each message as JSON; the gateway proves us by the secret and knows retries by the id.

    Body: id, kind, to, template, values, language, subject, text. 2xx: taken.
    """

    reaches: frozenset[Kind] = frozenset({"sms", "email"})

    def __init__(self, http: httpx.AsyncClient, url: str, secret: str, site: str) -> None:
        self._http = http
        self._url = url
        self._secret = secret
        self._site = site

    async def send(self, message: Message) -> None:
        """One request; whatever goes wrong on the way is told by a code."""
        subject, text = written(message.template, message.values, message.language, self._site)
        body = {
            "id": message.id,
            "kind": message.kind,
            "to": message.to,
            "template": message.template,
            "values": dict(message.values),
            "language": message.language,
            "subject": subject,
            "text": text,
        }
        headers = {"Authorization": f"Bearer {self._secret}", "Idempotency-Key": message.id}
        try:
            async with asyncio.timeout(_SECONDS):
                answer = await self._http.post(self._url, json=body, headers=headers)
        except (TimeoutError, httpx.TimeoutException):
            raise NotSent("timeout") from None
        except (httpx.TransportError, OSError):
            raise NotSent("unreachable") from None
        if not answer.is_success:
            raise NotSent(f"status_{answer.status_code}")
