"""Which of the two languages somebody reads."""

from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, Language] = ("zh", "en")
_DEFAULT: Language = "zh"
_MOST_RANGES = 20


def negotiate(accept_language: str | None, cookie: str | None = None) -> Language:
    """The language that was chosen (cookie), else preferred (Accept-Language), else Chinese."""
    chosen = _supported(cookie or "")
    if chosen is not None:
        return chosen
    best, best_weight = _DEFAULT, 0.0
    for part in (accept_language or "").split(",")[:_MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        language = _DEFAULT if tag.strip() == "*" else _supported(tag)
        weight = _weight(parameter)
        if language is not None and weight > best_weight:
            best, best_weight = language, weight
    return best


def _supported(tag: str) -> Language | None:
    primary = tag.strip().replace("_", "-").partition("-")[0].lower()
    return next((language for language in LANGUAGES if language == primary), None)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
