"""Two languages: Chinese texts are the ids, English ones stand in .po files read at the start."""

from shared.i18n.catalog import BrokenCatalog, Catalog, Translator
from shared.i18n.check import missing_texts
from shared.i18n.formats import Formats
from shared.i18n.negotiation import LANGUAGES, Language, negotiate

__all__ = [
    "LANGUAGES",
    "BrokenCatalog",
    "Catalog",
    "Formats",
    "Language",
    "Translator",
    "missing_texts",
    "negotiate",
]
