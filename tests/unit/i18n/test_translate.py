from pathlib import Path

import pytest

from shared.i18n import BrokenCatalog, Catalog

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "首页"
msgstr "Home"

msgid "您好，{who}"
msgstr "Hello, {who}"

msgid "{n} 个事项"
msgid_plural "{n} 个事项"
msgstr[0] "one item"
msgstr[1] "{n} items"

#, fuzzy
msgid "办件"
msgstr "Office"

msgid "尚未翻译"
msgstr ""
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "en.po").write_text(PO)
    return Catalog.load(tmp_path)


def test_chinese_says_the_text_itself(catalog: Catalog) -> None:
    _ = catalog.translator("zh")
    assert _("首页") == "首页"
    assert _("您好，{who}", who="访客") == "您好，访客"


def test_english_comes_from_the_po_file(catalog: Catalog) -> None:
    _ = catalog.translator("en")
    assert _("首页") == "Home"
    assert _("您好，{who}", who="visitor") == "Hello, visitor"


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [("en", 1, "one item"), ("en", 0, "0 items"), ("en", 2, "2 items"), ("zh", 1, "1 个事项")],
)
def test_the_number_decides_on_the_form(catalog: Catalog, language: str, n: int, said: str) -> None:
    assert catalog.translator(language).plural("{n} 个事项", n) == said  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["尚未翻译", "办件", "没有这一条"])
def test_without_sure_english_the_chinese_is_said(catalog: Catalog, text: str) -> None:
    assert catalog.translator("en")(text) == text


def test_a_missing_value_is_named(catalog: Catalog) -> None:
    with pytest.raises(KeyError, match="who"):
        catalog.translator("en")("您好，{who}")


def test_a_text_cannot_reach_into_a_value(catalog: Catalog) -> None:
    _ = catalog.translator("zh")
    assert _("{who.__class__} {who[0]} {0}", who="x") == "{who.__class__} {who[0]} {0}"


def test_a_value_with_braces_is_not_filled_again(catalog: Catalog) -> None:
    assert catalog.translator("en")("您好，{who}", who="{who}") == "Hello, {who}"


def test_a_later_folder_wins(tmp_path: Path) -> None:
    for name, text in (("a", "Home"), ("b", "Start")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "en.po").write_text(f'msgid "首页"\nmsgstr "{text}"\n')
    catalog = Catalog.load(tmp_path / "a", tmp_path / "b")
    assert catalog.translator("en")("首页") == "Start"


@pytest.mark.parametrize("content", [None, b'nonsense "x"\n', b'msgid "\xff"\nmsgstr "x"\n'])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "en.po").write_bytes(content)
    with pytest.raises(BrokenCatalog, match=r"en\.po"):
        Catalog.load(tmp_path)


def test_another_language_is_refused(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="zh, en"):
        catalog.translator("fr")  # type: ignore[arg-type]
