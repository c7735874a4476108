"""The one point where a service decides on data: single records, lists and expansions alike.

A service declares what is possible, next to each other, so that the two agree:

    policy: Policy[Subject, ColumnElement[bool]] = Policy("cases", purposes={"apply", "handle"})

    @policy.rule("read")
    def may_read(subject: Subject, case: Case, purpose: str) -> Decision: ...

    @policy.scoped("read")
    def readable(subject: Subject, purpose: str) -> ColumnElement[bool] | Decision: ...

and asks it everywhere: `check` before an act, `scope` for a list, `visible` for what is expanded.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shared.policy.decision import Decision, Denied, deny

S = TypeVar("S")
F = TypeVar("F")
R = TypeVar("R")

Rule = Callable[[S, Any, str], Decision]
Scope = Callable[[S, str], F | Decision]
_AnyRule = TypeVar("_AnyRule", bound=Callable[..., Decision])
_AnyScope = TypeVar("_AnyScope", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an act is allowed or denied, and which rule said so."""

    service: str
    act: str
    purpose: str
    rule: str
    decision: Decision

    def __str__(self) -> str:
        verdict = (
            f"allowed: {self.decision.basis}"
            if self.decision.allowed
            else f"denied: {self.decision.reason}"
        )
        return f"{self.service}: {self.act} for {self.purpose!r} is {verdict} ({self.rule})"


class Policy(Generic[S, F]):
    """The rules of one service about subjects S; F is what filters its lists."""

    def __init__(self, service: str, *, purposes: Collection[str]) -> None:
        self._service = service
        self._purposes = frozenset(purposes)
        self._rules: dict[str, Rule[S]] = {}
        self._scopes: dict[str, Scope[S, F]] = {}

    @property
    def acts(self) -> frozenset[str]:
        """Every act that has a rule."""
        return frozenset(self._rules)

    def rule(self, *acts: str) -> Callable[[_AnyRule], _AnyRule]:
        """Declare the one rule of each of these acts."""

        def declare(rule: _AnyRule) -> _AnyRule:
            for act in acts:
                self._once(self._rules, act)
                self._rules[act] = rule
            return rule

        return declare

    def scoped(self, act: str) -> Callable[[_AnyScope], _AnyScope]:
        """Declare the filter of the lists that this act shows: the twin of its rule."""

        def declare(scope: _AnyScope) -> _AnyScope:
            self._once(self._scopes, act)
            if act not in self._rules:
                raise ValueError(f"{self._service}: declare the rule of {act} before its lists")
            self._scopes[act] = scope  # type: ignore[assignment]
            return scope

        return declare

    def decide(self, subject: S, act: str, record: object, purpose: str) -> Decision:
        """Allowed or denied; never raises for what is not allowed."""
        if (rule := self._rules.get(act)) is None:
            return deny("unknown_act")
        return self._purposeful(purpose) or rule(subject, record, purpose)

    def check(self, subject: S, act: str, record: object, purpose: str) -> Decision:
        """The decision that allows the act, whose basis goes into evidence; else Denied."""
        decision = self.decide(subject, act, record, purpose)
        if not decision.allowed:
            raise Denied(self._service, act, decision.reason)
        return decision

    def scope(self, subject: S, act: str, purpose: str) -> F:
        """What may be listed: the filter to put into the query; raises Denied when nothing may."""
        if (scope := self._scopes.get(act)) is None:
            raise Denied(self._service, act, "unknown_act")
        found = self._purposeful(purpose) or scope(subject, purpose)
        if isinstance(found, Decision):
            raise Denied(self._service, act, found.reason or "unscoped")
        return found

    def visible(self, subject: S, act: str, records: Iterable[R], purpose: str) -> list[R]:
        """Those of the records on which the act is allowed: for what a page expands."""
        return [r for r in records if self.decide(subject, act, r, purpose).allowed]

    def explain(self, subject: S, act: str, record: object, purpose: str) -> Explanation:
        """The decision with the rule that made it, for operators and tests."""
        rule = self._rules.get(act)
        name = getattr(rule, "__qualname__", "no rule")
        decision = self.decide(subject, act, record, purpose)
        return Explanation(self._service, act, purpose, name, decision)

    def _purposeful(self, purpose: str) -> Decision | None:
        return None if purpose in self._purposes else deny("unknown_purpose")

    def _once(self, declared: dict[str, Any], act: str) -> None:
        if act in declared:
            raise ValueError(f"{self._service}: {act} has a rule already: one place decides")
