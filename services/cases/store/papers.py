"""What people wrote or what identifies them, sealed to its row."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import orjson

from shared.crypto import FieldCipher, Keyring

Words = Mapping[str, Any]


class Papers:
    """Seals and opens forms, snapshots of applicants and the words of acts."""

    def __init__(self, keyring: Callable[[], Keyring]) -> None:
        """`keyring` is called when the first paper is sealed or opened."""
        self._keyring = keyring

    @cached_property
    def _cases(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "cases")

    @cached_property
    def _history(self) -> FieldCipher:
        return FieldCipher(self._keyring(), "case_history")

    def seal_form(self, case_id: str, form: Words) -> bytes:
        """The form's data."""
        return self._cases.seal("form", case_id, _text(form))

    def open_form(self, case_id: str, sealed: bytes) -> dict[str, Any]:
        """The form's data again, for those who may see it."""
        return _words(self._cases.open("form", case_id, sealed))

    def seal_snapshot(self, case_id: str, applicant: Words) -> bytes:
        """Who applied, as identity knew it then."""
        return self._cases.seal("snapshot", case_id, _text(applicant))

    def open_snapshot(self, case_id: str, sealed: bytes) -> dict[str, Any]:
        """Who applied."""
        return _words(self._cases.open("snapshot", case_id, sealed))

    def seal_note(self, case_id: str, seq: int, words: Words) -> bytes:
        """The words of one act."""
        return self._history.seal("note", f"{case_id}/{seq}", _text(words))

    def open_note(self, case_id: str, seq: int, sealed: bytes) -> dict[str, Any]:
        """The words of one act again."""
        return _words(self._history.open("note", f"{case_id}/{seq}", sealed))


def _text(words: Words) -> str:
    return orjson.dumps(words).decode()


def _words(text: str) -> dict[str, Any]:
    words: dict[str, Any] = orjson.loads(text)
    return words
