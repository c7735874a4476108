"""The rules for one item (实施清单, GB/T 39554.2 and the validators used in practice)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from services.catalogue.domain.codes import (
    BASE_CODE_LENGTH,
    IMPLEMENTING_CODE_LENGTH,
    LONGEST_LOCAL_CODE,
    is_region_code,
)
from services.catalogue.domain.shapes import wrong_shapes
from services.catalogue.domain.themes import THEMES

Item = Mapping[str, Any]
_ITEM_TYPES = {"01", "05", "07", "08", "09", "10", "20"}
_PERMIT = "01"
_AUDIENCES = set("123456")
_IMMEDIATE = "1"
_FULLY_ONLINE = 4
_HIGHEST_LEVEL = 4
_LONGEST_NAME = 1000


class ItemStatus(StrEnum):
    """Whether an item can be found, and whether it can be applied for."""

    PUBLISHED = "published"  # with a guide: 可办
    LISTED = "listed"  # without: found and linked out, 仅列示
    SUSPENDED = "suspended"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Flaw:
    """One thing that is wrong with an item: the field, and what to do."""

    field: str
    reason: str

    def __str__(self) -> str:
        """`field: reason`, as a report shows it."""
        return f"{self.field}: {self.reason}"


def status_of(item: Item) -> ItemStatus:
    """An item without a guide is listed: found, linked out, not appliable."""
    return ItemStatus.PUBLISHED if item.get("guide") else ItemStatus.LISTED


def flaws(item: Item) -> list[Flaw]:
    """Everything that is wrong with an item, so that its author can mend it in one go."""
    if misshapen := [Flaw(field, reason) for field, reason in wrong_shapes(item)]:
        return misshapen
    found = [flaw for rule in _ALWAYS for flaw in rule(item)]
    if status_of(item) is ItemStatus.PUBLISHED:
        found += [flaw for rule in _WITH_GUIDE for flaw in rule(item)]
    return found


def _name(item: Item) -> Iterable[Flaw]:
    name = item.get("name")
    if not isinstance(name, str) or not name.strip():
        yield Flaw("name", "事项名称为空 (the name is missing)")
    elif len(name) > _LONGEST_NAME:
        yield Flaw("name", f"超过 {_LONGEST_NAME} 字 (longer than {_LONGEST_NAME} characters)")


def _codes(item: Item) -> Iterable[Flaw]:
    code, local = item.get("code"), item.get("local_code")
    if not code and not local:
        yield Flaw("code", "实施编码和本地编码都没有 (neither a code nor a local code)")
    if code and len(str(code)) > LONGEST_LOCAL_CODE:
        yield Flaw("code", f"超过 {LONGEST_LOCAL_CODE} 位 (longer than {LONGEST_LOCAL_CODE})")
    if local and len(str(local)) > LONGEST_LOCAL_CODE:
        yield Flaw("local_code", f"超过 {LONGEST_LOCAL_CODE} 位 (longer than {LONGEST_LOCAL_CODE})")
    base = item.get("base_code")
    if base and len(str(base)) != BASE_CODE_LENGTH:
        yield Flaw("base_code", f"基本编码应为 {BASE_CODE_LENGTH} 位 (12 characters)")


def _place(item: Item) -> Iterable[Flaw]:
    if not is_region_code(str(item.get("region", ""))):
        yield Flaw("region", f"区划应为 12 位数字，现为 {item.get('region')!r} (12 digits)")
    if not (item.get("department") or item.get("department_name")):
        yield Flaw("department", "没有实施主体 (the department is missing)")
    if item.get("guide") and not item.get("department"):
        yield Flaw("department", "可申请的事项须有实施主体编码 (needs the department's code)")


def _lists(item: Item) -> Iterable[Flaw]:
    kind = item.get("item_type")
    if kind is not None and kind not in _ITEM_TYPES:
        yield Flaw("item_type", f"{kind!r} 不是依申请事项的类型 (not a type that is applied for)")
    for audience in item.get("audience") or ():
        if audience not in _AUDIENCES:
            yield Flaw("audience", f"{audience!r} 不是服务对象代码 1–6 (codes are 1 to 6)")
    for theme in item.get("themes") or ():
        if theme not in THEMES:
            yield Flaw("themes", f"{theme!r} 不是主题代码 (write person:010 or org:005)")


def _complete(item: Item) -> Iterable[Flaw]:
    for field in ("item_type", "audience", "promise_days", "online_depth", "visits", "materials"):
        if item.get(field) is None or item.get(field) == "":
            yield Flaw(field, "有指南的事项必须填写 (needed where there is a guide)")
    if len(str(item.get("code") or "")) != IMPLEMENTING_CODE_LENGTH:
        yield Flaw("code", f"实施编码应为 {IMPLEMENTING_CODE_LENGTH} 位 (31 characters)")
    for part in ("conditions", "flow", "basis"):
        if not item["guide"].get(part):
            yield Flaw(f"guide/{part}", "指南缺少这一部分 (国务院令第716号第六条)")


def _time(item: Item) -> Iterable[Flaw]:
    promise, statutory = item.get("promise_days"), item.get("statutory_days")
    for field, days in (("promise_days", promise), ("statutory_days", statutory)):
        if days is not None and (not isinstance(days, int) or days < 0):
            yield Flaw(field, "应为不小于 0 的工作日数 (working days, 0 or more)")
            return
    if promise is not None and statutory is not None and promise > statutory:
        yield Flaw("promise_days", f"承诺 {promise} 日超过法定 {statutory} 日 (over the statutory)")
    if item.get("project_type") == _IMMEDIATE and promise not in (0, 1, None):
        yield Flaw("project_type", "即办件的承诺时限不超过 1 日 (on the spot is one day at most)")


def _visits(item: Item) -> Iterable[Flaw]:
    visits = item.get("visits")
    if visits and not item.get("visits_reason"):
        yield Flaw("visits_reason", "需到现场的必须说明原因 (say why a visit is needed)")
    if item.get("online_depth") == _FULLY_ONLINE and visits:
        yield Flaw("online_depth", "四级深度即全程网办，到现场次数应为 0 (depth IV means no visit)")


def _fee(item: Item) -> Iterable[Flaw]:
    fee = item.get("fee") or {}
    if fee.get("charged") and not (fee.get("basis") and fee.get("rows")):
        yield Flaw("fee", "收费必须有依据和项目 (a fee needs a legal basis and its rows)")


def _level(item: Item) -> Iterable[Flaw]:
    level = item.get("real_name_level", 1)
    if level not in range(1, _HIGHEST_LEVEL + 1):
        yield Flaw("real_name_level", f"{level!r} 不是 1–4 (levels are 1 to 4)")


_Rule = Callable[[Item], Iterable[Flaw]]
_ALWAYS: tuple[_Rule, ...] = (_name, _codes, _place, _lists)
_WITH_GUIDE: tuple[_Rule, ...] = (_complete, _time, _visits, _fee, _level)
