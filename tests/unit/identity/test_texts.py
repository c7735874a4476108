"""Every text of the pages exists in English."""

from pathlib import Path

from services.identity import pages
from shared.i18n import Catalog, missing_texts

PAGES = Path(pages.__file__).parent


def test_every_text_is_said_in_both_languages() -> None:
    sources = [*PAGES.glob("*.py"), *PAGES.glob("templates/*.html")]
    assert len(sources) > 10
    assert missing_texts(Catalog.load(PAGES / "locale"), sources) == []
