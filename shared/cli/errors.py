"""What goes wrong is told to the operator in one line with exit code 2, never as a traceback."""

from typing import Any

import typer
from alembic.util import CommandError
from typer.core import TyperGroup

from shared.auth.keys import UnusableKey
from shared.crypto import CryptoError
from shared.db import DatabaseError, UnknownRevision
from shared.events import DeadLetterUnusable
from shared.evidence import KeyMismatch


class Refused(Exception):
    """The command did nothing; the reason in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} ({en})")


_KEY = "密钥不能用；新装先 make-keys (a key cannot be used; if all is new, make-keys first)："
# The first that fits: UnknownRevision is a DatabaseError too.
_TOLD: tuple[tuple[type[Exception], str], ...] = (
    (Refused, ""),
    (UnknownRevision, "数据库结构比本程序新 (the schema is newer than this program)："),
    (DatabaseError, "数据库没有应答 (the database did not answer)："),
    (CryptoError, _KEY),
    (UnusableKey, _KEY),
    (KeyMismatch, _KEY),
    (CommandError, "数据库结构改不了 (the schema cannot be changed)："),
    (DeadLetterUnusable, "死信不能这样处理 (the dead letter cannot be decided)："),
)


class OneLine(TyperGroup):
    """A group of commands whose known troubles are told in one line."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except tuple(kind for kind, _ in _TOLD) as error:
            typer.echo(told(error), err=True)
            raise typer.Exit(2) from None


def told(error: Exception) -> str:
    """The error as one line; drivers break theirs into several."""
    words = next(words for kind, words in _TOLD if isinstance(error, kind))
    return words + " ".join(str(error).split())
