"""What a department's own system, or the operator's monitoring, may be registered for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.numbers import credit_code
from services.identity.domain.scopes import SERVICE_SCOPES, written

# What a person does for himself, or answers for by name: a system that speaks for nobody cannot.
_PERSONS_OWN = frozenset({"cases.apply", "identity.self", "ops.manage"})
FOR_SYSTEMS = SERVICE_SCOPES - _PERSONS_OWN
FOR_ANY_SYSTEM = frozenset({"catalogue.read", "ops.read"})
_ID = re.compile(r"[a-z][a-z0-9-]{2,62}")
_REGION = re.compile(r"[0-9]{6}|[0-9]{9}|[0-9]{12}")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Whose system it is, or where somebody holds an office."""

    department: str
    region: str


def place(department: str, region: str) -> Place:
    """A department and a region by their codes; a region of 6 or 9 digits is filled up."""
    return Place(credit_code(department), region_code(region))


def region_code(region: str) -> str:
    """A region's code with all its 12 digits."""
    digits = region.strip()
    if not _REGION.fullmatch(digits):
        raise Invalid(
            "region", "区划代码应为 6、9 或 12 位数字。", "A region has 6, 9 or 12 digits."
        )
    return digits.ljust(12, "0")


def place_or_none(department: str | None, region: str | None) -> Place | None:
    """Both or neither."""
    if department and region:
        return place(department, region)
    if department or region:
        raise NotAllowed("部门和区划要一起给。", "Department and region are given together.")
    return None


def system_name(text: str) -> str:
    """A name that people recognise."""
    name = " ".join(text.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Invalid("name", "名称应为 1–200 个字。", "A name has 1 to 200 characters.")
    return name


def system_id(text: str, taken: Iterable[str]) -> str:
    """An id that an operator chose; those of the platform's own clients are taken."""
    if not _ID.fullmatch(text) or text in taken:
        raise Invalid(
            "client_id",
            "client_id 应为 3–63 位小写字母、数字或 -，以字母开头，且不是平台自己的客户端。",
            "A client_id has 3 to 63 small letters, digits or -, and is none of the platform's.",
        )
    return text


def system_scopes(given: Iterable[str], at: Place | None) -> frozenset[str]:
    """The scopes of a system; without a department it gets what concerns none."""
    wanted = frozenset(scope for text in given for scope in text.split())
    allowed = FOR_SYSTEMS if at else FOR_ANY_SYSTEM
    if not wanted or not wanted <= allowed:
        those = written(allowed)
        kind = (
            ("部门业务系统", "A department's system") if at else ("无部门的系统", "Another system")
        )
        raise Invalid("scope", f"{kind[0]}的权限可以是：{those}。", f"{kind[1]} may have: {those}.")
    return wanted
