"""What each type of error means: read from the contracts that lie beside the code."""

import json
from functools import cached_property
from pathlib import Path

from services.portal.clients import Json


class Problems:
    """The types of errors by their slugs; an installation without the file knows none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def find(self, slug: str) -> Json | None:
        """A type of error: its status, title and remedy."""
        return self._by_slug.get(slug)

    @cached_property
    def _by_slug(self) -> dict[str, Json]:
        try:
            listed = json.loads(self._file.read_text("utf-8"))["problems"]
            return {one["slug"]: one for one in listed}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
