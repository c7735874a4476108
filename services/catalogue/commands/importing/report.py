"""What an import did: counted, and for each refused row where it stands and why."""

from collections import Counter
from dataclasses import dataclass, field

from services.catalogue.commands.publish import Outcome
from services.catalogue.domain import Flaw


@dataclass(frozen=True)
class Trouble:
    """A row that was not taken."""

    place: str
    name: str
    flaws: tuple[Flaw, ...]


@dataclass
class Report:
    """Counts by kind and outcome, and the troubles."""

    dry_run: bool = False
    done: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    troubles: list[Trouble] = field(default_factory=list)

    def __str__(self) -> str:
        """The report as the command prints it."""
        lines = ["试运行，什么都没有保存 (dry run: nothing was stored)"] if self.dry_run else []
        for kind, title in _KINDS.items():
            counts = {o: self.done[kind, o] for o in Outcome if self.done[kind, o]}
            if counts:
                told = "，".join(f"{_OUTCOMES[o]} {n}" for o, n in counts.items())
                lines.append(f"{title}：{told}")
        if self.statuses:
            told = "，".join(f"{_STATUSES[s]} {n}" for s, n in sorted(self.statuses.items()))
            lines.append(f"其中 (of these)：{told}")
        lines.append(f"未收 (refused)：{len(self.troubles)}")
        for trouble in self.troubles:
            lines.append(f"  {trouble.place} {trouble.name}".rstrip())
            lines += [f"    - {flaw}" for flaw in trouble.flaws]
        return "\n".join(lines)


_KINDS = {"region": "区划 (regions)", "department": "部门 (departments)", "item": "事项 (items)"}
_OUTCOMES = {
    Outcome.NEW: "新增 new",
    Outcome.CHANGED: "更新 changed",
    Outcome.SAME: "未变 same",
}
_STATUSES = {"published": "可申请 published", "listed": "仅列示 listed"}
