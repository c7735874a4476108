"""The images of deploy/Dockerfile without an engine: laid out as folders, and their commands run.

Of the packages only those of the runtime lock can be imported there, as in the image.
"""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.support.recipe import Recipe, Stage
from tests.support.sources import ROOT

DOCKERFILE = ROOT / "deploy/Dockerfile"
PARTS = (*sorted(app.parent.name for app in (ROOT / "services").glob("*/app.py")), "gateway")
_NOWHERE = "http://127.0.0.1:9"


class Image:
    """The image of one part, and containers of it that are processes here."""

    def __init__(self, part: str, folder: Path) -> None:
        self.part = part
        self.stage: Stage = Recipe(DOCKERFILE, ROOT).build(
            folder / "stages", {"SERVICE": part}, run=("code",)
        )
        self.app = self.stage.root / "app"
        self._wall = folder / "wall"
        self._wall.mkdir(parents=True)
        (self._wall / "sitecustomize.py").write_text(_wall())
        self._volume = folder / "volume"
        (self._volume / "keys").mkdir(parents=True, mode=0o700)

    def files(self) -> set[str]:
        """Every file of the app, as it is named there."""
        return {str(path.relative_to(self.app)) for path in self.app.rglob("*") if path.is_file()}

    def keys(self) -> dict[str, float]:
        """What lies in the volume of its keys, and when each was written."""
        found = (self._volume / "keys").rglob("*")
        return {path.name: path.stat().st_mtime for path in found}

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """One command of the entrypoint, to its end."""
        return subprocess.run(
            [*self.entrypoint, *words],
            cwd=self.app,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def serve(self, port: int, log: Path) -> "subprocess.Popen[bytes]":
        """What the image does without a command, on another port."""
        with log.open("wb") as told:
            return subprocess.Popen(
                [*self.entrypoint, *self.command(port)],
                cwd=self.app,
                env={**self._environment, "GATEWAY_PORT": str(port)},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
            )

    def healthy(self, port: int) -> bool:
        """What its HEALTHCHECK says."""
        words = [_moved(word, port) for word in self.stage.only("HEALTHCHECK").words]
        done = subprocess.run(
            words, cwd=self.app, env=self.packages, capture_output=True, check=False
        )
        return done.returncode == 0

    def command(self, port: int) -> list[str]:
        """Its command, for another port."""
        return [_moved(word, port) for word in self.stage.only("CMD").words]

    @property
    def entrypoint(self) -> list[str]:
        first, *rest = self.stage.only("ENTRYPOINT").words
        return [str(self.stage.inside(first)), *rest]

    @property
    def packages(self) -> dict[str, str]:
        """What a process needs to see the image's packages and no others."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(self._wall),
            "PYTHONDONTWRITEBYTECODE": self.stage.values["PYTHONDONTWRITEBYTECODE"],
        }

    @property
    def _environment(self) -> dict[str, str]:
        name = self.part.upper()
        secret = self._volume / "database"
        secret.write_text(f"sqlite:///{self._volume}/{self.part}.db\n")
        urls = {f"{one.upper()}_URL": _NOWHERE for one in PARTS}
        return {
            **urls,
            **self.packages,
            "GATEWAY_HOST": "127.0.0.1",
            "KEYS_FOLDER": str(self._volume / "keys"),
            "EVENTS_URL": f"sqlite:///{self._volume}/events.db",
            f"{name}_DATABASE_URL_FILE": str(secret),
        }


def locked() -> set[str]:
    """The names of the runtime lock's packages."""
    text = (ROOT / "requirements/runtime.lock").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def _moved(word: str, port: int) -> str:
    """The same for another port, and for the loopback only."""
    return word.replace("0.0.0.0", "127.0.0.1").replace("8000", str(port))


def _wall() -> str:
    """Lets nobody import what only development installs; Python reads it at each start."""
    allowed = locked()
    foreign = {
        module
        for module, owners in packages_distributions().items()
        if not allowed & {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners}
    }
    return f"""import sys
from importlib.abc import MetaPathFinder

FOREIGN = {sorted(foreign)!r}


class Wall(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in FOREIGN:
            raise ImportError(f"{{fullname}} is not among the packages of the image")
        return None


sys.meta_path.insert(0, Wall())
"""
