"""Percentiles by the nearest rank: always a value that was measured, never one in between."""

import math
from collections.abc import Sequence


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The smallest of the ascending values that `share` of them do not exceed; None of none."""
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
