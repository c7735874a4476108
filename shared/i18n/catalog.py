"""The texts of one or more folders of .po files, and the function that says them."""

import re
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.pofile import PoFileError, read_po

from shared.i18n.negotiation import LANGUAGES, Language

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")

Texts = dict[str, tuple[str, ...]]


class BrokenCatalog(Exception):
    """A .po file cannot be used; the message names the file and what is wrong."""


class Catalog:
    """English texts by their Chinese id; several forms where a number decides."""

    def __init__(self, texts: Texts, plural: Callable[[int], int]) -> None:
        self.texts = texts
        self._plural = plural

    @classmethod
    def load(cls, *folders: Path) -> "Catalog":
        """Read `en.po` of each folder; later folders win."""
        texts: Texts = {}
        for folder in folders:
            texts |= _read(folder / "en.po")
        return cls(texts, lambda n: 0 if n == 1 else 1)

    def translator(self, language: Language) -> "Translator":
        """The function `_` of one language."""
        if language not in LANGUAGES:
            raise ValueError(f"{language!r}: the languages are {', '.join(LANGUAGES)}")
        return Translator(language, self.texts if language == "en" else {}, self._plural)


class Translator:
    """`_("共找到 {count} 项", count=3)`; a text without English is said in Chinese."""

    def __init__(self, language: Language, texts: Texts, plural: Callable[[int], int]) -> None:
        self.language = language
        self._texts = texts
        self._plural = plural

    def __call__(self, text: str, /, **values: object) -> str:
        """The text in this language with its placeholders filled."""
        return _fill(self._texts.get(text, (text,))[0], values)

    def plural(self, text: str, n: int, /, **values: object) -> str:
        """The text in the form that `n` asks for; `{n}` is filled with it."""
        forms = self._texts.get(text, (text,))
        form = forms[min(self._plural(n), len(forms) - 1)]
        return _fill(form, {"n": n, **values})


def _fill(text: str, values: dict[str, object]) -> str:
    # Only whole names are replaced: no attribute or index of a value can be reached from a text.
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise KeyError(f"the text {text!r} needs a value for {{{name}}}")
        return str(values[name])

    return PLACEHOLDER.sub(value, text) if "{" in text else text


def _read(path: Path) -> Texts:
    try:
        with path.open("rb") as file:
            read = read_po(file, locale="en", abort_invalid=True)
    except OSError as error:
        raise BrokenCatalog(f"{path}: {error.strerror}") from error
    except (PoFileError, ValueError) as error:
        raise BrokenCatalog(f"{path}: {error}") from error
    texts: Texts = {}
    for message in read:
        forms = _forms(message)
        if message.id and forms and all(forms) and not message.fuzzy:
            texts[message.id if isinstance(message.id, str) else message.id[0]] = forms
    return texts


def _forms(message: Message) -> tuple[str, ...]:
    said = message.string
    return (said,) if isinstance(said, str) else tuple(str(form or "") for form in said or ())
