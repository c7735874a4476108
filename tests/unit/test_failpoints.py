import signal
import subprocess
import sys

import pytest

from shared import failpoints

PROGRAM = """
from shared import failpoints
failpoints.declare("test.loop", "a pass of the loop")
failpoints.arm({text!r})
for n in range(5):
    print(n, flush=True)
    failpoints.failpoint("test.loop")
"""


def run(text: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(text=text)],
        check=False,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout.replace("\n", "")


def test_an_armed_point_kills_the_process_at_its_pass() -> None:
    assert run("test.loop:kill@3") == (-signal.SIGKILL, "012")


def test_without_an_armed_point_nothing_happens() -> None:
    assert run("") == (0, "01234")


@pytest.mark.parametrize("text", ["x", "a.b:kill", "a.b:kill@0", "a.b:stop@1"])
def test_a_wrong_form_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="name:kill@n"):
        failpoints.arm(text)


def test_an_unknown_name_is_told_with_those_that_exist() -> None:
    failpoints.declare("test.known", "for this test")
    with pytest.raises(ValueError, match=r"'test\.unknown'.*test\.known"):
        failpoints.arm("test.unknown:kill@1")


def test_a_name_has_one_meaning() -> None:
    failpoints.declare("test.once", "one meaning")
    with pytest.raises(ValueError, match="declared twice"):
        failpoints.declare("test.once", "another meaning")
