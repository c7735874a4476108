"""What an expression of Prometheus asks for: the metrics, and the labels that it names of them."""

import re
from dataclasses import dataclass

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_GROUPING = re.compile(r"\b(by|without|on|ignoring)\s*\(([^)]*)\)")
_CALL = re.compile(r"[a-zA-Z_]\w*(?=\s*\()")
_DURATION = re.compile(r"\[[^\]]*\]")
_NAME = re.compile(r"(?<![\w.])[a-zA-Z_:][\w:]*")
_WORDS = {"and", "or", "unless", "bool", "offset"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The names in one expression; `matched` pairs a metric with a label that a selector names."""

    metrics: frozenset[str]
    matched: frozenset[tuple[str, str]]
    grouped: frozenset[str]


def read(expression: str) -> Asked:
    """Read one expression; what is quoted names nothing."""
    plain = _TEXT.sub('""', expression)
    matched = {
        (metric, label)
        for metric, inside in _SELECTOR.findall(plain)
        for label in _MATCHER.findall(inside)
    }
    grouped = {
        label.strip()
        for _, inside in _GROUPING.findall(plain)
        for label in inside.split(",")
        if label.strip()
    }
    rest = _SELECTOR.sub(r" \1 ", plain)
    rest = _CALL.sub(" ", _DURATION.sub(" ", _GROUPING.sub(" ", _TEXT.sub(" ", rest))))
    names = set(_NAME.findall(rest)) - _WORDS
    return Asked(frozenset(names), frozenset(matched), frozenset(grouped))
