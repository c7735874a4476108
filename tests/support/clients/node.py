"""A Node.js program beside this file, with the locked packages; it says where it listens."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.clients.having import npm_packages

_HERE = Path(__file__).parent


@contextmanager
def node(program: str, *arguments: str) -> Iterator[str]:
    """Where it is reached; it ends with the block."""
    packages = npm_packages()
    with tempfile.TemporaryDirectory(prefix="tongban-node-") as folder:
        # An import is looked up from where the program lies.
        shutil.copy(_HERE / program, folder)
        (Path(folder) / "node_modules").symlink_to(packages)
        running = subprocess.Popen(
            ["node", str(Path(folder) / program), *arguments],
            stdin=subprocess.PIPE,  # it ends when this closes, however we end
            stdout=subprocess.PIPE,
            text=True,
        )
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            base = running.stdout.readline().strip()
            assert base, f"{program} ended with {running.wait(10)}"
            yield base
        finally:
            running.stdin.close()
            running.terminate()
            running.wait(timeout=10)
            running.stdout.close()
