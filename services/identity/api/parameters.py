"""Request parameters as OAuth 2.0 wants them read (RFC 6749, sections 3.1 and 3.2)."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from services.identity.domain.oauth import InvalidRequest

_FORM = "application/x-www-form-urlencoded"
_MOST = 100
_LARGEST = 64 * 1024
# RFC 8707 and RFC 8693 let these occur more than once.
_REPEATABLE = frozenset({"resource", "audience"})


class Parameters:
    """The parameters of one request; a parameter without a value counts as left out."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value:
                self._values.setdefault(name, []).append(value)

    def pairs(self) -> list[tuple[str, str]]:
        """Every parameter and value."""
        return [(name, value) for name, values in self._values.items() for value in values]

    def without(self, *names: str) -> "Parameters":
        """The same but for these."""
        return Parameters([pair for pair in self.pairs() if pair[0] not in names])

    def one(self, name: str) -> str | None:
        """The value, or None; a repeated parameter is refused."""
        values = self._values.get(name)
        if values is None:
            return None
        if len(values) > 1:
            raise InvalidRequest(f"{name} is given more than once")
        return values[0]

    def first(self, name: str) -> str | None:
        """The value for an answer to a request that may itself be wrong."""
        return next(iter(self._values.get(name, ())), None)

    def required(self, name: str) -> str:
        """The value, which must be there."""
        value = self.one(name)
        if value is None:
            raise InvalidRequest(f"{name} is missing")
        return value

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may be repeated."""
        return tuple(self._values.get(name, ()))

    def repeated(self) -> str | None:
        """The name of a parameter that is repeated although it must not be."""
        return next(
            (n for n, v in self._values.items() if len(v) > 1 and n not in _REPEATABLE), None
        )

    def check_not_repeated(self) -> None:
        """Request parameters must not be included more than once."""
        if (name := self.repeated()) is not None:
            shown = name if name.isascii() and name.isidentifier() else "a parameter"
            raise InvalidRequest(f"{shown} is given more than once")


def in_query(request: Request) -> Parameters:
    """The parameters of the URL."""
    return _parse(request.scope["query_string"])


async def in_form(request: Request) -> Parameters:
    """The parameters of the body, which must be form-encoded."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != _FORM:
        raise InvalidRequest(f"send the parameters as {_FORM}")
    return _parse(await _body(request))


async def _body(request: Request) -> bytes:
    """What is longer is refused while it comes, and never held."""
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > _LARGEST:
            raise InvalidRequest(f"the parameters are longer than {_LARGEST} bytes")
    return bytes(read)


def _parse(raw: bytes) -> Parameters:
    if len(raw) > _LARGEST:
        raise InvalidRequest(f"the parameters are longer than {_LARGEST} bytes")
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            max_num_fields=_MOST,
            encoding="utf-8",
            errors="strict",
        )
    except ValueError:
        raise InvalidRequest("the parameters are not well encoded, or too many") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise InvalidRequest("a parameter contains NUL")
    return Parameters(pairs)
