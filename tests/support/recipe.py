"""A Dockerfile carried out without an engine: its stages become folders.

What a stage copies is copied, through the rules of `.dockerignore`. Its RUN steps are run as they
stand for the stages that are asked for; they must name no absolute path then.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its word, its flags, and the rest."""

    word: str
    flags: Mapping[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The command in its exec form; a HEALTHCHECK has CMD before it."""
        listed: list[str] = json.loads(self.rest.removeprefix("CMD").strip())
        return listed


@dataclass(slots=True)
class Stage:
    """One FROM with what follows; `root` is where it came to lie."""

    name: str
    base: str
    steps: list[Step]
    root: Path = Path()
    folder: PurePosixPath = field(default_factory=lambda: PurePosixPath("/"))
    values: dict[str, str] = field(default_factory=dict)

    def all(self, word: str) -> list[Step]:
        """Its instructions of one kind."""
        return [step for step in self.steps if step.word == word]

    def only(self, word: str) -> Step:
        """The one instruction of a kind."""
        (step,) = self.all(word)
        return step

    def inside(self, path: str) -> Path:
        """A path of the image as it lies in our folder."""
        return self.root / str(self.folder / path).lstrip("/")


class Recipe:
    """A Dockerfile, read."""

    def __init__(self, file: Path, context: Path) -> None:
        self._context = context
        self._ignored = Ignored((context / ".dockerignore").read_text("utf-8"))
        steps = list(_steps(file.read_text("utf-8")))
        first = next(place for place, step in enumerate(steps) if step.word == "FROM")
        self.arguments = dict(_pair(step.rest) for step in steps[:first])
        self.stages: list[Stage] = []
        for step in steps[first:]:
            if step.word == "FROM":
                base, _, name = step.rest.partition(" AS ")
                self.stages.append(Stage(name.strip(), _filled(base, self.arguments), []))
            else:
                self.stages[-1].steps.append(step)

    def build(self, folder: Path, arguments: Mapping[str, str], run: Collection[str]) -> Stage:
        """Carry it out below `folder`; gives the last stage, which is the image."""
        for number, stage in enumerate(self.stages):
            stage.root = folder / (stage.name or str(number))
            stage.root.mkdir(parents=True)
            stage.values = {}
            for step in stage.steps:
                self._do(step, stage, arguments, run)
        return self.stages[-1]

    def _do(
        self, step: Step, stage: Stage, arguments: Mapping[str, str], run: Collection[str]
    ) -> None:
        if step.word == "ARG":
            name, default = _pair(step.rest)
            stage.values[name] = arguments.get(name, default)
        elif step.word == "ENV":
            for name, value in re.findall(r"(\w+)=(\S+)", step.rest):
                stage.values[name] = _filled(value, stage.values)
        elif step.word == "WORKDIR":
            stage.folder = stage.folder / step.rest
            stage.inside("").mkdir(parents=True, exist_ok=True)
        elif step.word == "COPY":
            self._copy(step, stage)
        elif step.word == "RUN" and stage.name in run:
            environment = {"PATH": os.environ["PATH"], **stage.values}
            subprocess.run(
                ["/bin/sh", "-c", step.rest], cwd=stage.inside(""), env=environment, check=True
            )

    def _copy(self, step: Step, stage: Stage) -> None:
        *sources, target = _filled(step.rest, stage.values).split()
        before = next((one for one in self.stages if one.name == step.flags.get("from")), None)
        for source in sources:
            origin = before.inside(source) if before else self._context / source
            if before is not None and not origin.exists() and before.all("RUN"):
                continue  # made by a step that is not run here
            place = stage.inside(target)
            if origin.is_dir():
                ignore = None if before else self._ignored.of(self._context)
                shutil.copytree(origin, place, dirs_exist_ok=True, ignore=ignore)
                continue
            assert before is not None or not self._ignored.matches(source), f"{source} is ignored"
            place = place / origin.name if target.endswith("/") else place
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, place)


class Ignored:
    """The rules of a `.dockerignore`: the last that matches a path decides."""

    def __init__(self, text: str) -> None:
        lines = [line.strip() for line in text.splitlines()]
        self._rules = [
            (not line.startswith("!"), re.compile(_expression(line.removeprefix("!"))))
            for line in lines
            if line and not line.startswith("#")
        ]

    def matches(self, path: str) -> bool:
        """Whether the path, relative to the context, stays out."""
        parts = PurePosixPath(path).parts
        above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        ignored = False
        for out, rule in self._rules:
            if any(rule.fullmatch(one) for one in above):
                ignored = out
        return ignored

    def of(self, context: Path) -> "_Ignore":
        """As `copytree` asks for it."""
        return _Ignore(self, context)


@dataclass(frozen=True, slots=True)
class _Ignore:
    rules: Ignored
    context: Path

    def __call__(self, folder: str, names: list[str]) -> list[str]:
        below = Path(folder).relative_to(self.context)
        return [name for name in names if self.rules.matches(str(below / name))]


def _steps(text: str) -> Iterator[Step]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if not line.strip():
            continue
        word, _, rest = line.strip().partition(" ")
        flags = dict(re.findall(r"(?<!\S)--([a-z-]+)=(\S+)", rest))
        if word in ("COPY", "HEALTHCHECK", "FROM"):
            rest = re.sub(r"(?<!\S)--[a-z-]+=\S+\s*", "", rest)
        else:
            flags = {}
        yield Step(word, flags, rest.strip())


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1] or found[2], ""), text)


def _expression(rule: str) -> str:
    parts = re.split(r"(\*\*/|\*)", rule)
    return "".join({"**/": r"(?:.*/)?", "*": r"[^/]*"}.get(one, re.escape(one)) for one in parts)
