"""What is kept of where somebody logged in: enough to know it again, too little to follow him."""

import re
from ipaddress import IPv4Address, ip_address

_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("AlipayClient", "支付宝"),
    ("HuaweiBrowser", "Huawei Browser"),
    ("MiuiBrowser", "Mi Browser"),
    ("UCBrowser", "UC Browser"),
    ("QQBrowser", "QQ Browser"),
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """Browser and system as people call them; of what else a browser says nothing is kept."""
    found = (_named(agent, _BROWSERS), _named(agent, _SYSTEMS))
    return " · ".join(one for one in found if one)


def masked_address(address: str) -> str:
    """An address with its last part covered; nothing of what is no address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv4Address):
        return re.sub(r"[0-9]+$", "*", str(parsed))
    return ":".join(parsed.exploded.split(":")[:3]) + ":*"


def _named(agent: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((name for mark, name in known if mark in agent), None)
