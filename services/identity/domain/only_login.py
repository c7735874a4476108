"""Upstream-first: one upstream is the only login for people, and ours is its broker."""

from dataclasses import dataclass

from services.identity.domain.ways import Proof


@dataclass(frozen=True, slots=True)
class OnlyLogin:
    """Which upstream that is, if one is; `staff_here`: staff still log in with us."""

    upstream: str | None = None
    staff_here: bool = True

    def takes(self, *, desk: bool) -> str | None:
        """The upstream to which a request goes straight; `desk`: it asks for a member of staff."""
        return None if desk and self.staff_here else self.upstream

    def admits(self, proof: Proof, *, staff: bool) -> bool:
        """Whether a login may begin by this proof."""
        return self.upstream in (None, proof.upstream) or (staff and self.staff_here)
