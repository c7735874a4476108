import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from shared.crypto import FieldCipher, FileKeys, KeyFileError, Keyring, UnknownKey


def change(path: Path, alter: Callable[[Any], object]) -> None:
    content = json.loads(path.read_text())
    alter(content)
    path.write_text(json.dumps(content))


def test_created_files_are_for_their_owner_only(keyring: Keyring, path: Path) -> None:
    for file in (path, path.with_suffix(".kek")):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_second_start_has_the_same_keys(cipher: FieldCipher, path: Path) -> None:
    blob = cipher.seal("name", "psn_1", "张三")
    again = FieldCipher(Keyring.create(path), table="persons")
    assert again.open("name", "psn_1", blob) == "张三"
    assert again.index("name", "张三") == cipher.index("name", "张三")


def test_two_starts_at_once_have_the_same_keys(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: Keyring.create(path), range(8)))
    assert len({ring.data_key(1) for ring in rings}) == 1
    assert not list(path.parent.glob(".*")), "no temporary file is left"


def test_the_keyring_alone_opens_nothing(keyring: Keyring, path: Path) -> None:
    path.with_suffix(".kek").unlink()
    with pytest.raises(KeyFileError, match=r"keyring\.kek: there is no such key file"):
        Keyring.load(path)


def test_the_key_encryption_keys_may_lie_elsewhere(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "secrets" / "kek.json"
    made = Keyring.create(path, kek_path=elsewhere)
    assert not path.with_suffix(".kek").exists()
    assert Keyring.load(path, kek_path=elsewhere).data_key(1) == made.data_key(1)


def test_a_missing_file_says_what_is_lost_without_it(path: Path) -> None:
    FileKeys.create(path.with_suffix(".kek"))
    with pytest.raises(KeyFileError, match="without it what it sealed is lost"):
        Keyring.load(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622])
def test_a_file_that_others_can_read_or_change_is_refused(
    keyring: Keyring, path: Path, mode: int
) -> None:
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=rf"mode {mode:04o}\); run: chmod 600 "):
        Keyring.load(path)


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (lambda c: c.update(format="other/9"), "format: Input should be 'tongban-keyring/1'"),
        (lambda c: c["data"].update(active=7), "the active key is not among the keys"),
        (lambda c: c.pop("index"), "index: Field required"),
        (lambda c: c["data"]["keys"]["1"].update(wrapped="§§"), "not base64"),
        (lambda c: c["data"]["keys"]["1"].update(algorithm=9), r"data.keys.1.algorithm: "),
        (lambda c: c["data"]["keys"]["1"].update(kek=9), "no key-encryption key 9"),
    ],
)
def test_a_malformed_keyring_is_told_where(
    keyring: Keyring, path: Path, alter: Callable[[Any], object], reason: str
) -> None:
    change(path, alter)
    with pytest.raises((KeyFileError, UnknownKey), match=reason):
        Keyring.load(path)


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"format": "tongban-kek/1"}'])
def test_a_file_that_is_no_file_of_keys_is_told(path: Path, text: str) -> None:
    keks = path.with_suffix(".kek")
    keks.write_text(text)
    keks.chmod(0o600)
    with pytest.raises(KeyFileError, match="not a file of keys"):
        FileKeys(keks)


def test_a_short_key_is_refused_and_not_shown(keyring: Keyring, path: Path) -> None:
    change(path.with_suffix(".kek"), lambda c: c["keys"].update({"1": "c2hvcnQ="}))
    with pytest.raises(KeyFileError, match="each is 32 bytes") as caught:
        Keyring.load(path)
    assert "c2hvcnQ=" not in str(caught.value)


def test_keys_of_two_installations_are_told_apart(keyring: Keyring, path: Path) -> None:
    other = path.with_name("other.json")
    Keyring.create(other)
    with pytest.raises(KeyFileError, match="belong to two installations"):
        Keyring.load(path, kek_path=other.with_suffix(".kek"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="cannot be written: File exists"):
        Keyring.create(tmp_path / "file" / "keyring.json")


def test_a_path_that_is_a_folder_is_told(keyring: Keyring, path: Path) -> None:
    path.unlink()
    path.mkdir()
    with pytest.raises(KeyFileError, match="cannot be read: Is a directory"):
        Keyring.create(path)
