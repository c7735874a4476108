"""Every type of problem that a service or the gateway answers with."""

import inspect
import re
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from deploy.contracts.services import names
from shared.web.problems import Problem, Text

_OURS = ("shared", "gateway", "services")


def register() -> dict[str, Any]:
    """The problems by slug; whoever meets one may rely on slug and status."""
    _import_all()
    found = [_entry(slug, kind) for slug, kind in Problem.register.items() if _owner(kind)]
    return {
        "description": "Problem details (RFC 9457); `type` is <base>/problems/<slug>.",
        "problems": sorted(found, key=lambda one: str(one["slug"])),
    }


def _import_all() -> None:
    for root in ("gateway", *(f"services.{name}" for name in names())):
        package = import_module(root)
        for module in walk_packages(package.__path__, f"{root}."):
            if not module.name.endswith("__main__") and ".migrations" not in module.name:
                import_module(module.name)


def _entry(slug: str, kind: type[Problem]) -> dict[str, Any]:
    return {
        "slug": slug,
        "status": kind.status,
        "owner": _owner(kind),
        "meaning": re.sub(r"\s+", " ", inspect.getdoc(kind) or "").strip(),
        "title": _texts(kind.title),
        "remedy": _texts(kind.remedy),
    }


def _owner(kind: type[Problem]) -> str | None:
    root, *below = kind.__module__.split(".")
    if root not in _OURS:
        return None
    return below[0] if root == "services" else root


def _texts(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
