from pathlib import Path

import pytest

from shared.i18n import Catalog, missing_texts

PO = """
msgid "首页"
msgstr "Home"

msgid "您好，{who}"
msgstr "Hello, {name}"

msgid "共 {n} 项"
msgid_plural "共 {n} 项"
msgstr[0] "one item"
msgstr[1] "{n} items"
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "en.po").write_text(PO)
    return Catalog.load(tmp_path)


def found(catalog: Catalog, tmp_path: Path, name: str, source: str) -> list[str]:
    path = tmp_path / name
    path.write_text(source)
    return [line.removeprefix(f"{path}:") for line in missing_texts(catalog, [path])]


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("page.py", 'a = _("首页") + translate("首页") + N_("首页") + _.plural("共 {n} 项", 3)'),
        ("page.html", '<p title="{{ _("首页") }}">{{ _.plural("共 {n} 项", count) }}</p>'),
        ("page.py", "a = other('没有')\nb = _(name)"),
    ],
)
def test_nothing_is_missing(catalog: Catalog, tmp_path: Path, name: str, source: str) -> None:
    assert found(catalog, tmp_path, name, source) == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("page.py", 'first = 1\nsecond = _("没有")'),
        ("page.html", '<p>\n{% if _("没有") %}{% endif %}'),
        ("page.py", '\nN_("没有")'),
    ],
)
def test_a_text_without_english_is_named_with_its_line(
    catalog: Catalog, tmp_path: Path, name: str, source: str
) -> None:
    assert found(catalog, tmp_path, name, source) == ["2: no English for '没有'"]


def test_differing_placeholders_are_named(catalog: Catalog, tmp_path: Path) -> None:
    (line,) = found(catalog, tmp_path, "page.py", '_("您好，{who}", who=1)')
    assert "placeholders differ" in line


def test_a_plural_needs_its_forms(catalog: Catalog, tmp_path: Path) -> None:
    (line,) = found(catalog, tmp_path, "page.html", '{{ _.plural("首页", 2) }}')
    assert "msgid_plural" in line


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("page.py", '_(f"您好{who}")'),
        ("page.py", '_("您好" + who)'),
        ("page.html", '{{ _("您好" ~ who) }}'),
        ("page.html", '{{ _("您好" + who) }}'),
    ],
)
def test_a_text_put_together_is_refused(
    catalog: Catalog, tmp_path: Path, name: str, source: str
) -> None:
    assert found(catalog, tmp_path, name, source) == [
        "1: the text must be a plain literal, with {name} for what varies"
    ]
