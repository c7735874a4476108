"""Roles as data: what each opens, and which two one person never holds.

The roles below are there from the start. The security administrator adds others and changes what
they open; what is stored wins over what stands here, but for what the law separates.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.scopes import SERVICE_SCOPES

_CODE = re.compile(r"[a-z][a-z_]{1,38}[a-z]")
_LONGEST_NAME = 60
_DESK = frozenset({"cases.handle", "cases.read", "exchange.query"})
_HANDLING = frozenset({"clerk", "officer", "approver"})

SYSTEM, SECURITY, AUDIT = "system_administrator", "security_administrator", "audit_administrator"
# 三员分立: one person holds one of the three at most, and none of them handles cases.
ADMINISTRATORS = frozenset({SYSTEM, SECURITY, AUDIT})
HALL_MANAGER, APPROVER = "hall_manager", "approver"
# A citizen's own act is no office's; what runs the platform stays with who has it from the start.
GRANTABLE = SERVICE_SCOPES - {
    "cases.apply",
    "identity.self",
    "identity.manage",
    "ops.read",
    "ops.manage",
}

EVERYBODYS = frozenset({"openid", "profile", "staff", "catalogue.read", "identity.self"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What an office with this role opens."""

    code: str
    zh: str
    en: str
    scopes: frozenset[str]
    conflicts: frozenset[str] = frozenset()
    passes: bool = True  # whether a deputy (代理人) gets it during an absence
    version: int = 0  # 0: as it was delivered


def _role(
    code: str, zh: str, en: str, scopes: Iterable[str], conflicts: Iterable[str] = (), **more: bool
) -> Role:
    return Role(
        code=code,
        zh=zh,
        en=en,
        scopes=frozenset(scopes),
        conflicts=frozenset(conflicts) - {code},
        **more,
    )


DELIVERED: Mapping[str, Role] = {
    role.code: role
    for role in (
        _role("clerk", "窗口人员", "Window clerk", _DESK),
        _role("officer", "承办人", "Case officer", _DESK),
        _role("approver", "审批人", "Approver", _DESK),
        _role("hall_manager", "大厅管理员", "Hall manager", _DESK),
        _role("catalogue_editor", "事项编辑", "Catalogue editor", {"catalogue.manage"}),
        _role(
            "inspector",
            "督查员",
            "Inspector",
            {"cases.read", "events.read"},
            _HANDLING,
            passes=False,
        ),
        _role(
            "data_officer",
            "数据官",
            "Data officer",
            {"exchange.query", "exchange.manage", "events.read"},
        ),
        _role(
            "coordinator",
            "统筹部门管理员",
            "Coordinating office",
            {"catalogue.manage", "cases.read", "events.read"},
        ),
        _role(
            "client_administrator",
            "业务系统管理员",
            "Administrator of the department's client systems",
            {"identity.manage"},
            ADMINISTRATORS,
            passes=False,
        ),
        _role(
            SYSTEM,
            "系统管理员",
            "System administrator",
            {"ops.read", "ops.manage", "events.read"},
            ADMINISTRATORS | _HANDLING,
            passes=False,
        ),
        _role(
            SECURITY,
            "安全管理员",
            "Security administrator",
            {"identity.manage"},
            ADMINISTRATORS | _HANDLING,
            passes=False,
        ),
        _role(
            AUDIT,
            "审计管理员",
            "Audit administrator",
            {"ops.read", "events.read"},
            ADMINISTRATORS | _HANDLING,
            passes=False,
        ),
    )
}

Roles = Mapping[str, Role]


def known_roles(codes: Iterable[str], roles: Roles = DELIVERED) -> tuple[str, ...]:
    """The codes once each, when each is a role."""
    given = tuple(dict.fromkeys(codes))
    if not given or not roles.keys() >= set(given):
        those = ", ".join(sorted(roles))
        raise Invalid("roles", f"角色可以是：{those}。", f"A role is one of: {those}.")
    return given


def opened(codes: Iterable[str], roles: Roles = DELIVERED) -> frozenset[str]:
    """The doors that an office with these roles opens."""
    return EVERYBODYS.union(*(roles[code].scopes for code in codes if code in roles))


def in_conflict(one: str, other: str, roles: Roles = DELIVERED) -> bool:
    """Whether nobody holds both; said by either of them."""
    if one == other:
        return False
    first, second = roles.get(one), roles.get(other)
    return bool((first and other in first.conflicts) or (second and one in second.conflicts))


def conflict_in(codes: Collection[str], roles: Roles = DELIVERED) -> tuple[str, str] | None:
    """Two of these that one person cannot hold, or None."""
    pairs = combinations(sorted(set(codes)), 2)
    return next((pair for pair in pairs if in_conflict(*pair, roles)), None)


def check_together(codes: Collection[str], roles: Roles = DELIVERED) -> None:
    """One person may hold all of these, in whichever offices."""
    found = conflict_in(codes, roles)
    if found is None:
        return
    names = [roles[code] for code in found]
    raise NotAllowed(
        f"职责分离：同一人不能既是{names[0].zh}又是{names[1].zh}。",
        f"Separation of duties: nobody is both {names[0].en} and {names[1].en}.",
    )


def changed_role(role: Role, roles: Roles) -> Role:
    """A new role, or another text, scope or conflict of a known one, as far as that is allowed."""
    if not _CODE.fullmatch(role.code):
        raise Invalid(
            "code", "角色代码应为 3–40 位小写字母或下划线。", "A code has 3 to 40 letters a–z or _."
        )
    for name in (role.zh, role.en):
        if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
            raise Invalid(
                "name", f"名称应为 1–{_LONGEST_NAME} 个字。", f"1 to {_LONGEST_NAME} characters."
            )
    delivered = DELIVERED.get(role.code)
    allowed = GRANTABLE | (delivered.scopes if delivered else frozenset())
    if excess := sorted(role.scopes - allowed):
        raise Invalid("scopes", f"角色不能开放：{excess[0]}。", f"No role opens {excess[0]}.")
    if unknown := sorted(role.conflicts - roles.keys()):
        raise Invalid("conflicts", f"没有角色 {unknown[0]}。", f"There is no role {unknown[0]}.")
    if role.code in role.conflicts:
        raise Invalid("conflicts", "角色不能与自己冲突。", "No role conflicts with itself.")
    if delivered is not None:
        _keep_separate(role, delivered)
    return role


def _keep_separate(role: Role, delivered: Role) -> None:
    """三员分立 and what else was delivered as separate stays so."""
    if not role.conflicts >= delivered.conflicts or (role.passes and not delivered.passes):
        raise NotAllowed(
            f"{delivered.zh}的职责分离是规定的，不能取消。",
            f"What separates the {delivered.en} from others is fixed.",
        )
    if role.code in ADMINISTRATORS and role.scopes != delivered.scopes:
        raise NotAllowed("三员的权限是规定的，不能更改。", "What the three open is fixed.")
