"""How everyday words find items: pairs of characters, synonyms, and what was rare in the query.

Chinese is written without spaces, so a text becomes its overlapping pairs of characters (and
its Latin words and numbers). A pair that few items have says more than one that many have.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log
from typing import Any

_RUN = re.compile(r"[㐀-鿿]+|[a-z0-9]+")
_FILLER = (
    "我想要", "我想", "我要", "想要", "请问", "怎么样", "怎么办理", "怎么办", "怎么", "如何",
    "需要", "什么", "哪里", "在哪", "可以", "能不能", "能否", "吗", "呢", "了", "的", "去",
    "一下", "一个", "办理", "申请",
)  # fmt: skip
_CHINESE = "㐀"
FIELD_WEIGHTS = {"name": 3.0, "keywords": 3.0, "summary": 1.0, "themes": 1.0, "department": 0.6}
SYNONYM_WEIGHT = 0.7
LONGEST_QUERY = 200


def normalise(text: str) -> str:
    """One form for full and half width, upper and lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def terms(text: str) -> list[str]:
    """The search terms of a text, in its order, with repeats."""
    found: list[str] = []
    for run in _RUN.findall(normalise(text)):
        if run[0] < _CHINESE or len(run) == 1:
            found.append(run)
        else:
            found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found


def item_terms(item: Mapping[str, Any], department: str, themes: Sequence[str]) -> dict[str, float]:
    """The terms of an item, each with the weight of the best field that has it."""
    texts = {
        "name": [item["name"]],
        "keywords": item.get("keywords") or [],
        "summary": [item.get("summary") or ""],
        "themes": themes,
        "department": [department],
    }
    weights: dict[str, float] = {}
    for part, values in texts.items():
        for term in (t for value in values for t in terms(value)):
            weights[term] = max(weights.get(term, 0.0), FIELD_WEIGHTS[part])
    return weights


@dataclass(frozen=True)
class Synonyms:
    """Groups of everyday and official words that mean the same (上户口 = 出生登记)."""

    groups: Sequence[Sequence[str]] = ()
    _by_word: dict[str, list[int]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the groups by word."""
        for number, group in enumerate(self.groups):
            for word in group:
                self._by_word.setdefault(normalise(word), []).append(number)

    def of(self, query: str) -> list[str]:
        """The other words of every group that has a word in the query."""
        query = normalise(query)
        hits = [n for word, numbers in self._by_word.items() if word in query for n in numbers]
        words = dict.fromkeys(word for number in hits for word in self.groups[number])
        return [word for word in words if normalise(word) not in query]


def query_terms(query: str, synonyms: Synonyms) -> dict[str, float]:
    """The query's terms with their weights: its own words first, synonyms below them."""
    plain = normalise(query)[:LONGEST_QUERY]
    for word in _FILLER:
        plain = plain.replace(word, " ")
    own = terms(plain) or terms(query)
    weights = dict.fromkeys((t for word in synonyms.of(query) for t in terms(word)), SYNONYM_WEIGHT)
    return weights | dict.fromkeys(own, 1.0)


def rarity(total: int, holders: int) -> float:
    """How much a term says: near 0 when every item has it (BM25's idf)."""
    return log(1 + (total - holders + 0.5) / (holders + 0.5))


def relevance(
    wanted: Mapping[str, float], rarities: Mapping[str, float], held: Mapping[str, float]
) -> float:
    """How well an item's terms answer the wanted ones, rounded so that pages agree."""
    return round(sum(w * rarities[t] * held[t] for t, w in wanted.items() if t in held), 4)


def why(query: str, item: Mapping[str, Any], synonyms: Synonyms) -> dict[str, str] | None:
    """The part of the item that answers the query best: which field, and its words."""
    asked = set(terms(query))
    meant = asked | {t for word in synonyms.of(query) for t in terms(word)}
    candidates = [
        ("name", item["name"]),
        *(("keyword", word) for word in item.get("keywords") or ()),
    ]
    candidates.append(("summary", item.get("summary") or ""))
    scored = [
        (_overlap(asked, meant, text), -number) for number, (_, text) in enumerate(candidates)
    ]
    best, number = max(scored)
    if best == 0:
        return None
    kind, text = candidates[-number]
    return {"field": kind, "text": text}


def _overlap(asked: set[str], meant: set[str], text: str) -> float:
    found = set(terms(text))
    if not found:
        return 0.0
    return (2 * len(found & asked) + len(found & (meant - asked))) / (len(found) + 1)
