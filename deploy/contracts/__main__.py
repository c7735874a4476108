"""python -m deploy.contracts: write, check and release what is promised to everybody outside."""

from typing import Annotated

import typer

from deploy.contracts import files
from deploy.contracts.examples import ExampleMissing
from deploy.contracts.services import NotCreated

cli = typer.Typer(
    help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@cli.command()
def write(
    services: Annotated[
        list[str] | None, typer.Argument(help="only these; all when left out")
    ] = None,
) -> None:
    """Write contracts/ anew from the code."""
    made = files.generate(services or ())
    files.write(made, files.FOLDER, only_these=not services)
    typer.echo(f"{len(made)} contracts written to {files.FOLDER.name}/")


@cli.command()
def check() -> None:
    """Compare contracts/ with the code, and the code with the last release."""
    made = files.generate()
    told = files.drift(made, files.FOLDER)
    if told:
        told.append("Run `make contracts`, look at the difference, and commit it with the code.")
    told += files.broken(made, files.FOLDER)
    for sentence in told:
        typer.echo(sentence, err=True)
    if told:
        raise typer.Exit(1)
    typer.echo(f"{len(made)} contracts agree with the code and keep what was released")


@cli.command()
def release() -> None:
    """Make the present contracts the baseline; refused while they break the last one."""
    made = files.generate()
    if told := files.drift(made, files.FOLDER) + files.broken(made, files.FOLDER):
        for sentence in told:
            typer.echo(sentence, err=True)
        raise typer.Exit(1)
    files.release(made, files.FOLDER)
    typer.echo(f"released: {files.FOLDER.name}/{files.BASELINE}/ is what later versions must keep")


if __name__ == "__main__":
    try:
        cli()
    except (NotCreated, ExampleMissing) as reason:
        raise SystemExit(str(reason)) from None
