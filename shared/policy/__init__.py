"""May this subject do this act on this record for this purpose? No, unless a rule says so."""

from shared.policy.decision import Decision, Denied, allow, deny
from shared.policy.policy import Explanation, Policy

__all__ = ["Decision", "Denied", "Explanation", "Policy", "allow", "deny"]
