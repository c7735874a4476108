"""The files in contracts/: made from the code, written, and compared with what is committed."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deploy.contracts import events, problems, services
from deploy.contracts.compatibility import breaks

FOLDER = services.ROOT / "contracts"
BASELINE = "baseline"
_MADE = ("openapi/*.json", "asyncapi/*.json", "events/*.json", "problems.json")
# The AsyncAPI documents point at the schemas, and examples promise nothing.
_PROMISES = ("openapi/*.json", "events/*.schema.json", "problems.json")

Files = dict[str, Any]


def generate(wanted: Iterable[str] = ()) -> Files:
    """Every contract by its path; of some services only when they are named."""
    made: Files = {}
    for service in tuple(wanted) or services.names():
        document = services.document(service)
        if document["paths"]:
            made[f"openapi/{service}.json"] = document
        published = events.of(service)
        if published:
            made[f"asyncapi/{service}.json"] = events.asyncapi(service, published)
        for name, event in published.items():
            made[f"events/{name}.schema.json"] = events.schema(service, event)
            made[f"events/{name}.example.json"] = events.envelope(service, event)
    if not wanted:
        made["problems.json"] = problems.register()
    return made


def text(content: Any) -> str:
    """The content as it stands in a file."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def write(made: Mapping[str, Any], folder: Path, *, only_these: bool) -> None:
    """Write the files; with `only_these` the contracts that the code has no more go."""
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(content), "utf-8")
    if only_these:
        for name in set(_names(folder, _MADE)) - set(made):
            (folder / name).unlink()


def drift(made: Mapping[str, Any], folder: Path) -> list[str]:
    """What differs between the code and the committed files, one sentence each."""
    told = []
    for name in sorted(set(made) | set(_names(folder, _MADE))):
        path = folder / name
        if name not in made:
            told.append(f"{name}: the code has this contract no more")
        elif not path.exists():
            told.append(f"{name}: is not written yet")
        elif path.read_text("utf-8") != text(made[name]):
            told.append(f"{name}: the code says something else")
    return told


def broken(made: Mapping[str, Any], folder: Path) -> list[str]:
    """What a caller or reader of the released contracts would no longer get."""
    baseline = folder / BASELINE
    return [
        sentence
        for name in _names(baseline, _PROMISES)
        for sentence in breaks(
            name, json.loads((baseline / name).read_text("utf-8")), made.get(name)
        )
    ]


def release(made: Mapping[str, Any], folder: Path) -> None:
    """Make the present contracts those that are compared with from now on."""
    promised = {name: made[name] for name in made if any(Path(name).match(p) for p in _PROMISES)}
    write(promised, folder / BASELINE, only_these=True)


def _names(folder: Path, patterns: Iterable[str]) -> list[str]:
    return sorted(
        str(path.relative_to(folder)) for pattern in patterns for path in folder.glob(pattern)
    )
