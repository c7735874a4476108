"""Every text of the pages and of the messages exists in English."""

from pathlib import Path

from services.identity import pages
from services.identity.clients import messages
from shared.i18n import Catalog, missing_texts

PAGES = Path(pages.__file__).parent
MESSAGES = Path(messages.__file__).parent


def test_every_text_is_said_in_both_languages() -> None:
    sources = [*PAGES.rglob("*.py"), *PAGES.rglob("templates/**/*.html")]
    assert len(sources) > 10
    assert missing_texts(Catalog.load(PAGES / "locale"), sources) == []


def test_every_message_is_said_in_both_languages() -> None:
    catalog = Catalog.load(MESSAGES / "locale")
    assert missing_texts(catalog, MESSAGES.glob("*.py")) == []
    assert {text for one in messages.TEMPLATES.values() for text in (one.subject, one.text)} <= set(
        catalog.texts
    )
