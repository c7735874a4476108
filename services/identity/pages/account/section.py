"""How a page joins the account: an entry of its navigation, with its routes."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.routing import Route

from shared.i18n import Translator

ROOT = "/identity/account"


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the account; `name` is the last part of its address, empty for the overview."""

    name: str
    title: Callable[[Translator], str]
    routes: tuple[Route, ...]

    @property
    def path(self) -> str:
        """Where it begins."""
        return f"{ROOT}/{self.name}".rstrip("/")
