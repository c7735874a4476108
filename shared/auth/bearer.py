"""A bearer token on every request of an httpx client."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import httpx


class BearerAuth(httpx.Auth):
    """Sends a token; when it is refused (revoked, keys rolled), asks once for another."""

    def __init__(self, obtain: Callable[[], Awaitable[str]], forget: Callable[[str], None]) -> None:
        self._obtain = obtain
        self._forget = forget

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """httpx calls this for each request."""
        token = await self._obtain()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        # A body that streams cannot be sent twice.
        if answer.status_code == httpx.codes.UNAUTHORIZED and isinstance(
            request.stream, httpx.ByteStream
        ):
            self._forget(token)
            request.headers["Authorization"] = f"Bearer {await self._obtain()}"
            yield request
