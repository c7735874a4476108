"""Regions by their codes (GB/T 2260): what lies in what."""

_LENGTHS = (2, 4, 6, 9)  # province, city, county, town; a village has all 12


def reach(region: str) -> tuple[str, str]:
    """The first and the last code of a region and all below it."""
    length = next((n for n in _LENGTHS if not region[n:].strip("0")), len(region))
    return region[:length].ljust(12, "0"), region[:length].ljust(12, "9")


def reaches(office: str, region: str) -> bool:
    """Whether an office in one region is one for the other, too."""
    first, last = reach(office)
    return bool(office) and first <= region <= last
