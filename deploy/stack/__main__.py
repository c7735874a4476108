"""`make stack`: python -m deploy.stack up | down | status | logs | restart."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from deploy.demo import accounts
from deploy.stack import lifecycle
from deploy.stack.kafka import BrokerDied, NotFetched
from deploy.stack.postgres import ClusterFailed
from deploy.stack.programs import Stack
from deploy.stack.settings import StackSettings
from deploy.stack.status import look
from deploy.startup import CannotStart
from shared.settings import load

cli = typer.Typer(
    help="The real stack on this machine: PostgreSQL, Kafka and each service as a process.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_NOT_RUNNING = "没有在运行：make stack (does not run)"


@cli.command()
def up() -> None:
    """Start everything, and return when all is healthy."""
    began = time.monotonic()

    def act(stack: Stack) -> None:
        lifecycle.up(stack, _say)
        demo = accounts.read(stack.layout.demo) or {}
        seconds = time.monotonic() - began
        end = "make stack-down 停止，数据保留 (stops, your data stay)；make stack-status 看状态"
        _say(accounts.welcome(demo, seconds, stack.layout.demo, end))

    _with_stack(act, anew=True)


@cli.command()
def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="remove all data too: begin anew")] = False,
) -> None:
    """Stop everything; the data stay."""

    def act(stack: Stack) -> None:
        ran = lifecycle.down(stack, wipe=wipe)
        _say("已停止 (stopped)" if ran else "没有在运行 (did not run)")
        if wipe:
            _say(f"数据已删除 (the data are gone)：{stack.layout.folder}")

    _with_stack(act)


@cli.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="for a program to read")] = False,
) -> None:
    """Show every process, what waits and what failed; exit code 0 only if all is healthy."""

    def act(stack: Stack) -> None:
        found = look(stack)
        if found is None:
            raise CannotStart(_NOT_RUNNING)
        _say(found.json() if as_json else str(found))
        if not found.healthy:
            raise SystemExit(1)

    _with_stack(act)


@cli.command()
def logs(
    names: Annotated[list[str] | None, typer.Argument(help="such as: cases gateway kafka")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as they grow")] = False,
) -> None:
    """Show the end of the logs."""

    def act(stack: Stack) -> None:
        found = _logs(stack, names or [])
        if not found:
            raise CannotStart(f"{stack.layout.logs}/ 里没有这样的日志 (there is no such log)")
        os.execvp("tail", ["tail", "-n", "50", *(["-F"] if follow else []), *map(str, found)])  # noqa: S606, S607

    _with_stack(act)


@cli.command()
def restart(name: Annotated[str, typer.Argument(help="a service, or one process of it")]) -> None:
    """Restart a service, one process after the other, or one process."""

    def act(stack: Stack) -> None:
        _say(f"已重启 (restarted)：{' '.join(lifecycle.restart(stack, name))}")

    _with_stack(act)


def _logs(stack: Stack, names: list[str]) -> list[Path]:
    found = sorted(stack.layout.logs.glob("*.log"))
    asked = [log for log in found if not names or log.stem.rpartition("_")[0] in names]
    return asked or [log for log in found if log.stem in names]


def _with_stack(act: Callable[[Stack], None], *, anew: bool = False) -> None:
    settings = load(StackSettings)
    try:
        act(Stack(settings) if anew else Stack.as_started(settings))
    except (CannotStart, ClusterFailed, BrokerDied, NotFetched) as reason:
        sys.stderr.write(f"{reason}\n")
        raise SystemExit(2) from None


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    cli()
