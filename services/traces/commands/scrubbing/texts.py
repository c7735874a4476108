"""Texts without what is about a person: numbers, addresses, and what people typed."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from shared.telemetry.scrub import mask

LONGEST = 512
_EMAIL = re.compile(r"[^\s@<>\"'(),;:/=]+@[^\s@<>\"'(),;:/=]+\.[^\s@<>\"'(),;:/=]+")
_UNSTORABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]+")
# What stands in a statement instead of a name of the schema: texts, numbers, their lists.
_LITERAL = re.compile(
    r"(?:[NnEeXxBb]|U&)?'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"?|\$(\w*)\$.*?(?:\$\1\$|$)"
    r"|--[^\n]*|/\*.*?(?:\*/|$)|(?<![\w$:@?])[-+]?\d[\w.]*",
    re.DOTALL,
)
_ROUTE_WORD = re.compile(r"[A-Za-z_.~-]*|\{[\w.:*-]*\}|<[\w.:*-]*>|:[\w-]+|v\d{1,2}|\*+")
_LONG_WORD = 40


@lru_cache(maxsize=8192)  # most texts of spans are the same few
def clean(text: str) -> str:
    """A text that may be kept: masked, of bounded length, without what no database stores."""
    text = _UNSTORABLE.sub(" ", text[: 4 * LONGEST])
    if "@" in text:
        text = _EMAIL.sub("[e-mail]", text)
    return mask(text)[:LONGEST]


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """The name of a span or a moment: a path in it shows no more than a route would."""
    text = text.split("?", 1)[0].split("#", 1)[0] if "/" in text else text
    return clean(" ".join(_as_route(word) for word in text[: 4 * LONGEST].split(" ")))


def address(text: str) -> str:
    """Scheme and host of an address; its path, its query and its user are left out."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "[not kept]"
    if not host:
        return "[not kept]"
    return clean(f"{parts.scheme}://{host}{'' if port is None else f':{port}'}/…")


def statement(text: str) -> str:
    """A statement without its values; names in double quotes go as well, for some quote values."""
    return clean(_LITERAL.sub("?", text[: 4 * LONGEST]))


def number(value: int) -> int | str:
    """A number, unless it is one by which a person is known."""
    text = str(value)
    masked = mask(text)
    return value if masked == text else masked


def _as_route(word: str) -> str:
    if "/" not in word:
        return word
    return "/".join(
        part if len(part) <= _LONG_WORD and _ROUTE_WORD.fullmatch(part) else "*"
        for part in word.split("/")
    )
