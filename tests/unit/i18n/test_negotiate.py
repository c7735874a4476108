import pytest

from shared.i18n import negotiate


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh"),
        ("", "zh"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en;q=0.4, zh-Hant;q=0.6", "zh"),
        ("fr-FR, en;q=0.5", "en"),
        ("fr", "zh"),
        ("*", "zh"),
        ("*;q=0.1, en;q=0.2", "en"),
        ("en;q=0", "zh"),
        ("en;q=abc", "zh"),
        ("en;q=nan", "zh"),
        ("en;q=7", "zh"),
        (",;,;;=", "zh"),
        ("ENGLISH", "zh"),
        ("fr," * 5000 + "en", "zh"),
    ],
)
def test_the_preferred_language_is_taken(header: str | None, language: str) -> None:
    assert negotiate(header) == language


def test_a_choice_made_before_wins() -> None:
    assert negotiate("zh-CN", "en") == "en"
    assert negotiate("en", "zh") == "zh"


def test_a_cookie_of_nonsense_is_ignored() -> None:
    assert negotiate("en", "tlh") == "en"
