"""Phones, e-mail addresses, login names, and what somebody types to say who he is."""

import pytest

from services.identity.domain import contacts
from services.identity.domain.errors import Invalid


@pytest.mark.parametrize(
    "text", ["13800138000", "+86 138 0013 8000", "138-0013-8000", "008613800138000"]
)
def test_a_phone_has_one_normal_form(text: str) -> None:
    assert contacts.phone(text) == "13800138000"


@pytest.mark.parametrize(
    "text", ["", "12345", "23800138000", "1380013800", "138001380000", "１３８００１３８０００"]
)
def test_what_is_no_mobile_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        contacts.phone(text)


def test_an_email_keeps_its_local_part() -> None:
    assert contacts.email(" Zhang@Example.ORG ") == "Zhang@example.org"


@pytest.mark.parametrize("text", ["", "x", "x@", "@x.org", "x@x", "a b@x.org", "x@x..org"])
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        contacts.email(text)


@pytest.mark.parametrize("text", ["abc", "1abc", "a" * 33, "a b c d", "张三李四", "a/bcd"])
def test_login_names_begin_with_a_letter(text: str) -> None:
    with pytest.raises(Invalid):
        contacts.login_name(text)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("Zhang.San", "login_name", "zhang.san"),
        ("138 0013 8000", "phone", "13800138000"),
        ("+8613800138000", "phone", "13800138000"),
        ("99010219940822017x", "id_number", "99010219940822017X"),
        ("", "id_number", ""),
    ],
)
def test_what_is_typed_is_recognised(typed: str, kind: str, value: str) -> None:
    assert contacts.handle(typed) == (kind, value)
