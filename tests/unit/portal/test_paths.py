"""Where somebody may be sent back to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.paths import own_path, safe_next


@pytest.mark.parametrize("path", ["/", "/me", "/items/1199/apply?a=app_1", "/search?q=孩子"])
def test_a_path_of_this_site_is_taken(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None, "", "me", "https://evil.example", "//evil.example", "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "/\n/evil", "http:evil", "javascript:alert(1)",
        " /me", "/me\r\nSet-Cookie: a=b", "/%0d%0a\u2028", "/auth/callback?code=1", "/logout",
        "/login?next=/login", "/api/cases/v1", "/" + "a" * 2000, "///evil.example",
    ],
)  # fmt: skip
def test_anything_else_leads_home(path: str | None) -> None:
    assert safe_next(path) == "/"


@given(st.text())
def test_no_text_leads_away_from_this_site(text: str) -> None:
    path = safe_next(text)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not any(c.isspace() or not c.isprintable() for c in path)


@pytest.mark.parametrize(
    ("referer", "path"),
    [
        ("http://localhost:8000/me?x=1", "/me?x=1"),
        ("http://localhost:8000", "/"),
        ("http://localhost:8000.evil.example/me", None),
        ("http://evil.example/", None),
        (None, None),
    ],
)
def test_only_our_own_referer_names_a_page(referer: str | None, path: str | None) -> None:
    assert own_path(referer, "http://localhost:8000") == path
