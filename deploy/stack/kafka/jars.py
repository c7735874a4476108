"""The broker's jars: fetched once by Maven, kept in the user's cache, not in the clone."""

import fcntl
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_OLDEST_JAVA = 17
_FETCH_SECONDS = 600
_LINES = 5


class NotFetched(Exception):
    """Maven could not bring the jars; the message ends with what it said."""


def missing() -> str | None:
    """Why there can be no broker on this machine, and what to install; None if there can be one."""
    found = _java_version(java())
    if found == 0:
        return (
            "没有安装 Java：apt-get install default-jre-headless maven "
            f"(Java is not installed; Kafka needs {_OLDEST_JAVA} or later)"
        )
    if found < _OLDEST_JAVA:
        newer = f"openjdk-{_OLDEST_JAVA}-jre-headless"
        return f"Java {found} 太旧：apt-get install {newer} (Kafka needs {_OLDEST_JAVA} or later)"
    if not _folder().exists() and shutil.which("mvn") is None:
        return "没有安装 Maven：apt-get install maven (Maven is not installed; it fetches Kafka)"
    return None


def jars() -> Path:
    """The folder with the jars; the first caller fetches them, others wait for him."""
    folder = _folder()
    if folder.exists():
        return folder
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(folder)
    return folder


def java() -> str:
    """The `java` to run: of JAVA_HOME, else the first on the PATH."""
    home = os.environ.get("JAVA_HOME")
    return f"{home}/bin/java" if home else "java"


def version() -> str:
    """The broker's version, as the POM has it."""
    found = re.search(r"<kafka\.version>(.+?)</", _POM.read_text())
    assert found is not None  # noqa: S101
    return found.group(1)


def _folder() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "tongban" / f"kafka-{version()}"


def _fetch(folder: Path) -> None:
    """Put all of them into a folder beside, which takes its name once it is complete."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    command = ["mvn", "-B", "-q", "-f", str(_POM), f"-Dkafka.libs={part}"]
    try:
        subprocess.run(
            [*command, "dependency:copy-dependencies"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_FETCH_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        said = str(getattr(error, "stdout", "") or error).strip().splitlines()
        raise NotFetched(
            f"Maven 没有取到 Kafka (Maven could not fetch Kafka)：{' '.join(said[:_LINES])}"
        ) from None
    part.replace(folder)


@cache
def _java_version(program: str) -> int:
    """The specification that the installed Java keeps: 17, 21 …; 0 without Java."""
    command = [program, "-XshowSettings:properties", "-version"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    except (subprocess.SubprocessError, OSError):
        return 0
    found = re.search(r"java\.specification\.version = (?:1\.)?(\d+)", said)
    return int(found.group(1)) if found else 0
