"""What the tests of forms share: a browser that reads a page's form and posts it."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from services.portal.pages.forms import Look, lay_out
from services.portal.pages.templates import Templates

Posted = dict[str, list[str]]
Fill = Callable[..., Posted]
_SOURCE = '{% import "parts/fields.html" as form with context %}{{ form.all(fields) }}'


class Browser(HTMLParser):
    """Collects what a browser would send of a form."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: Posted = {}
        self._select = ""
        self._textarea = ""
        self._typed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in at:
            ticked = at.get("type") not in ("checkbox", "radio") or "checked" in at
            if ticked:
                self._add(at["name"], at.get("value", ""))
        elif tag == "select":
            self._select = at["name"]
        elif tag == "option" and self._select and "selected" in at:
            self._add(self._select, at["value"])
        elif tag == "textarea":
            self._textarea, self._typed = at["name"], []

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._typed.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser drops one line break after the tag, and sends CRLF.
            text = "".join(self._typed).removeprefix("\n")
            self._add(self._textarea, text.replace("\n", "\r\n"))
            self._textarea = ""
        elif tag == "select":
            self._select = ""

    def _add(self, name: str, value: str) -> None:
        self.posted.setdefault(name, []).append(value)


@pytest.fixture(scope="session")
def templates() -> Templates:
    return Templates("Asia/Shanghai")


@pytest.fixture(scope="session")
def draw(templates: Templates) -> Callable[..., str]:
    """A form as HTML."""

    def draw(schema: Any, data: Any, look: Look | None = None) -> str:
        look = look or Look()
        fields = lay_out(schema, data, look)
        template = templates.environment.from_string(_SOURCE)
        return template.render(fields=fields, **templates.said(look.language))

    return draw


@pytest.fixture(scope="session")
def fill(draw: Callable[..., str]) -> Fill:
    """What a browser posts of a form that it was shown."""

    def fill(schema: Any, data: Any, look: Look | None = None) -> Posted:
        browser = Browser()
        browser.feed(draw(schema, data, look))
        return browser.posted

    return fill
