"""Templates and static files, read from this folder; every text is escaped."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.portal.pages import words
from shared.i18n import Catalog, Formats, Language, Translator

_FOLDER = Path(__file__).parent.parent
STATIC = _FOLDER / "static"
TEMPLATES = _FOLDER / "templates"
LOCALE = _FOLDER / "locale"


class Templates:
    """The pages' templates in both languages."""

    def __init__(self, timezone: str) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.environment.globals["static"] = _addresses()
        self.environment.globals["words"] = words
        icons = self.environment.get_template("parts/icons.html")
        self.environment.globals["icon"] = icons.module
        texts = Catalog.load(LOCALE)
        self._translators = {language: texts.translator(language) for language in ("zh", "en")}
        self._formats: dict[Language, Formats] = {
            language: Formats(language, timezone) for language in ("zh", "en")
        }

    def translator(self, language: Language) -> Translator:
        """The function `_` of a language."""
        return self._translators[language]

    def formats(self, language: Language) -> Formats:
        """How a language writes dates and numbers."""
        return self._formats[language]

    def said(self, language: Language) -> dict[str, Any]:
        """What every template of a language says things with."""
        _ = self._translators[language]
        return {"_": _, "fmt": self._formats[language], "say": partial(words.say, _)}

    def render(self, name: str, language: Language, context: dict[str, Any]) -> str:
        """A template, said in a language."""
        return self.environment.get_template(name).render({**self.said(language), **context})


def _addresses() -> Any:
    """`static("portal.css")`: its address with a digest, so that browsers may keep it for ever."""
    digests = {
        path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in STATIC.rglob("*")
        if path.is_file()
    }
    return lambda name: f"/static/{name}?v={digests[name]}"
