"""How words become search terms, and what they are worth."""

from hypothesis import given
from hypothesis import strategies as st

from services.catalogue.domain.search import (
    Synonyms,
    item_terms,
    query_terms,
    rarity,
    relevance,
    terms,
    why,
)

SYNONYMS = Synonyms([["上户口", "出生登记", "落户"], ["开饭店", "食品经营许可"]])
ITEM = {"name": "出生登记", "keywords": ["孩子刚出生", "宝宝户口"], "summary": "新生儿落户"}


def test_chinese_becomes_overlapping_pairs_and_latin_words_stay_whole() -> None:
    assert terms("办CMA证书，2026年") == ["办", "cma", "证书", "2026", "年"]
    assert terms("出生登记") == ["出生", "生登", "登记"]


def test_full_width_and_capitals_make_no_difference() -> None:
    assert terms("ＣＭＡ") == terms("cma")


@given(st.text(max_size=80))
def test_any_text_becomes_terms_without_an_error(text: str) -> None:
    assert all(terms(text))
    query_terms(text, SYNONYMS)


def test_filler_words_do_not_count() -> None:
    assert set(query_terms("我想要怎么办理户口呢", Synonyms())) == {"户口"}


def test_a_query_of_filler_words_alone_is_still_a_query() -> None:
    assert query_terms("怎么办", Synonyms())


def test_synonyms_are_added_below_the_own_words() -> None:
    weights = query_terms("上户口", SYNONYMS)
    assert weights["户口"] == 1.0
    assert 0 < weights["登记"] < 1.0


def test_a_rare_term_says_more_than_a_common_one() -> None:
    assert rarity(100, 1) > rarity(100, 50) > 0


def test_relevance_grows_with_the_terms_that_an_item_has() -> None:
    held = item_terms(ITEM, "公安局", ["户籍办理"])
    wanted, rarities = {"出生": 1.0, "户口": 1.0}, {"出生": 2.0, "户口": 2.0}
    assert relevance(wanted, rarities, held) > relevance({"出生": 1.0}, rarities, held) > 0


def test_why_names_the_words_that_matched() -> None:
    assert why("孩子刚出生要办什么证", ITEM, Synonyms()) == {
        "field": "keyword",
        "text": "孩子刚出生",
    }
    assert why("上户口", ITEM, SYNONYMS) is not None
    assert why("开车", ITEM, Synonyms()) is None
