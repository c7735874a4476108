"""How tests are spread over workers: a file each, and all that use the session's stack to one."""

import re
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

# Two workers would start a stack each.
_ON_THE_STACK = re.compile(r"/test_(the_)?stack[^/]*\.py$")


class ByStackAndFile(LoadFileScheduling):  # type: ignore[misc]
    """As `--dist loadfile`, but for the files on the stack, which go together."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "the stack" if _ON_THE_STACK.search(file) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByStackAndFile | None:
    """Take the place of the scheduler for `--dist loadfile`."""
    return ByStackAndFile(config, log) if config.getoption("dist") == "loadfile" else None
