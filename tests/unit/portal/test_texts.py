"""Every text of the portal exists in English, and no page breaks the content policy."""

import re
from pathlib import Path

import pytest

from services.portal.domain import themes
from services.portal.pages.templates import LOCALE, TEMPLATES
from shared.i18n import Catalog, missing_texts

PORTAL = Path("services/portal")
PAGES = sorted(TEMPLATES.rglob("*.html"))
CATALOG = Catalog.load(LOCALE)


def test_no_text_lacks_english() -> None:
    assert missing_texts(CATALOG, [*PORTAL.rglob("*.py"), *PAGES]) == []


def test_every_theme_has_an_english_name() -> None:
    names = {*themes.PERSON.values(), *themes.ORGANISATION.values()}
    assert {name for name in names if name not in CATALOG.texts} == set()


def test_no_english_text_is_left_without_its_use() -> None:
    source = "".join(path.read_text() for path in [*PORTAL.rglob("*.py"), *PAGES])
    assert [text for text in CATALOG.texts if f'"{text}"' not in source] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_template_has_no_inline_script_style_or_handler(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|\|safe", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_post_form_carries_its_token(page: Path) -> None:
    forms = re.findall(r'<form[^>]*method="post".*?</form>', page.read_text(), re.DOTALL)
    assert [form for form in forms if 'name="_csrf"' not in form] == []
