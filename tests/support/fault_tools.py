"""The fault tools that lie beside the checkout, compiled when a test first needs them."""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

import pytest

_HERE = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("FAULT_TOOLS", _HERE.parent / "shared" / "tools" / "faults"))
MISSING = f"the fault tools are not at {FOLDER} (FAULT_TOOLS names another place)"


@functools.cache
def preload(name: str) -> Path:
    """The library `name`.so for LD_PRELOAD; skips the test where it cannot be built."""
    source = FOLDER / f"{name}.c"
    if not source.exists():
        pytest.skip(MISSING)
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: `apt-get install gcc libc6-dev` brings one")
    library = Path(mkdtemp(prefix="tongban-faults-")) / f"{name}.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def cut_power(journal: Path) -> None:
    """Undo every write that no sync has covered, as a power cut would."""
    script = FOLDER / "powercut_apply.py"
    subprocess.run([sys.executable, str(script), str(journal)], check=True, capture_output=True)
