"""Starts one process of the stack: reads how from a file, sets its environment, and becomes it.

    python -m deploy.stack.launch FOLDER NAME PROCESS

It ends with the process manager, however that ends, so that nothing is left behind. Variables that
an operator wrote to FOLDER/environment/NAME.json or PROCESS.json come on top; PROCESS.once.json
counts for one start.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def launch(folder: Path, name: str, process: str) -> None:
    """Become the process."""
    _end_with_the_parent()
    program = json.loads((folder / "programs" / f"{name}.json").read_text("utf-8"))
    number = process.removeprefix(f"{name}_")
    command = [word.replace("{number}", number) for word in program["command"]]
    environment = {**os.environ, **program["environment"], **_extra(folder, name, process)}
    sys.stdout.flush()
    os.execvpe(command[0], command, environment)  # noqa: S606 - what the stack wrote there


def _extra(folder: Path, name: str, process: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for which in dict.fromkeys((name, process, f"{process}.once")):
        file = folder / "environment" / f"{which}.json"
        if file.exists():
            found |= {key: str(value) for key, value in json.loads(file.read_text("utf-8")).items()}
    (folder / "environment" / f"{process}.once.json").unlink(missing_ok=True)
    return found


def _end_with_the_parent() -> None:
    """Ask the kernel for SIGTERM when the parent is gone; exec keeps that."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit("the process manager is gone")


if __name__ == "__main__":
    launch(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
