"""How a browser elsewhere is described to its owner: enough to know it, no more."""

import ipaddress

# The first that fits names it: most browsers call themselves by several names.
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def described(agent: str) -> str:
    """Browser and system as people call them; empty when it does not say."""
    names = (
        next((name for mark, name in known if mark in agent), "") for known in (_BROWSERS, _SYSTEMS)
    )
    return " · ".join(name for name in names if name)


def masked_address(address: str) -> str:
    """The half of an address that says roughly where."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "*"
    if isinstance(known, ipaddress.IPv4Address):
        return ".".join([*str(known).split(".")[:2], "*", "*"])
    return ":".join([*known.exploded.split(":")[:2], "*"])
