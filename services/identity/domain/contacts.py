"""How a person is reached and what he types to log in."""

import re
from typing import Literal

from services.identity.domain.errors import Invalid

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_LOGIN_NAME = re.compile(r"[a-z][a-z0-9_.-]{3,31}")
_LONGEST_NAME = 100
_LONGEST_LOGIN = 200

Handle = Literal["login_name", "phone", "id_number"]


def phone(text: str) -> str:
    """A mobile number of the mainland, without country code and spaces."""
    digits = re.sub(r"[\s-]", "", text)
    digits = digits.removeprefix("+86").removeprefix("0086")
    if not _MOBILE.fullmatch(digits):
        raise Invalid("phone", "手机号码应为 11 位数字。", "A mobile number has 11 digits.")
    return digits


def email(text: str) -> str:
    """An e-mail address; its domain in small letters."""
    address = text.strip()
    if not _EMAIL.fullmatch(address):
        raise Invalid("email", "电子邮箱格式不对。", "This is no e-mail address.")
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def login_name(text: str) -> str:
    """A login name begins with a letter, so that it is never taken for a phone or id number."""
    name = text.strip().lower()
    if not _LOGIN_NAME.fullmatch(name):
        raise Invalid(
            "login_name",
            "用户名应为 4–32 位小写字母、数字或 _ . -，以字母开头。",
            "A login name has 4 to 32 letters, digits or _ . - and begins with a letter.",
        )
    return name


def person_name(text: str) -> str:
    """A name as its bearer writes it."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid("name", "姓名应为 1–100 个字。", "A name has 1 to 100 characters.")
    return name


def handle(typed: str) -> tuple[Handle, str]:
    """What somebody typed to say who he is: which kind it looks like, and its normal form."""
    text = "".join(typed[:_LONGEST_LOGIN].split())
    if text[:1].isascii() and text[:1].isalpha():
        return "login_name", text.lower()
    digits = text.removeprefix("+86")
    if _MOBILE.fullmatch(digits):
        return "phone", digits
    return "id_number", text.upper()


def reached_at(typed: str, *, mailboxes: bool) -> tuple[Literal["sms", "email"], str]:
    """Where a code is to go: a mobile number, or a mailbox where those are reached as well."""
    text = typed[:_LONGEST_LOGIN]
    return ("email", email(text)) if mailboxes and "@" in text else ("sms", phone(text))
