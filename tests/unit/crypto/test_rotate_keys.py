import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.crypto import Algorithm, FieldCipher, FileKeys, KeyFileError, Keyring, UnknownKey


def test_a_new_data_key_seals_and_the_old_still_opens(
    keyring: Keyring, cipher: FieldCipher
) -> None:
    old = cipher.seal("name", "psn_1", "张三")
    assert keyring.rotate_data_key() == 2
    new = cipher.seal("name", "psn_1", "张三")
    assert cipher.needs_rotation(old)
    assert not cipher.needs_rotation(new)
    assert {cipher.open("name", "psn_1", blob) for blob in (old, new)} == {"张三"}


def test_a_data_key_may_be_of_another_algorithm(keyring: Keyring, cipher: FieldCipher) -> None:
    old = cipher.seal("name", "psn_1", "张三")
    keyring.rotate_data_key(Algorithm.SM4_GCM)
    new = cipher.seal("name", "psn_1", "张三")
    assert (old[0], new[0]) == (Algorithm.AES_256_GCM, Algorithm.SM4_GCM)
    assert cipher.open("name", "psn_1", new) == cipher.open("name", "psn_1", old)


def test_a_running_service_uses_a_rotated_key_at_once(cipher: FieldCipher, path: Path) -> None:
    operator = Keyring.load(path)
    operator.rotate_data_key()
    operator.rotate_index_key()
    assert not FieldCipher(operator, table="persons").needs_rotation(cipher.seal("n", "1", "x"))
    assert [index[0] for index in cipher.indexes("n", "x")] == ["2", "1"]


def test_rotations_at_once_lose_no_key(keyring: Keyring, path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: Keyring.load(path).rotate_data_key(), range(6)))
    assert sorted(json.loads(path.read_text())["data"]["keys"]) == list("1234567")
    assert keyring.active_data_key == 7


def test_a_new_key_encryption_key_rewraps_keys_and_leaves_fields_alone(
    keyring: Keyring, cipher: FieldCipher, path: Path
) -> None:
    blob = cipher.seal("name", "psn_1", "张三")
    before = keyring.data_key(1), keyring.index_key(1)
    FileKeys(path.with_suffix(".kek")).rotate()
    Keyring.load(path).rewrap()

    content = json.loads(path.read_text())
    assert content["data"]["keys"]["1"]["kek"] == content["index"]["keys"]["1"]["kek"] == 2
    again = Keyring.load(path)
    assert (again.data_key(1), again.index_key(1)) == before
    assert not cipher.needs_rotation(blob)
    assert cipher.open("name", "psn_1", blob) == "张三"


def test_after_rewrapping_the_old_key_encryption_key_can_go(keyring: Keyring, path: Path) -> None:
    keks = path.with_suffix(".kek")
    FileKeys(keks).rotate()
    Keyring.load(path).rewrap()
    content = json.loads(keks.read_text())
    del content["keys"]["1"]
    keks.write_text(json.dumps(content))
    assert Keyring.load(path).data_key(1) == keyring.data_key(1)


def test_a_rotation_that_cannot_be_written_leaves_the_old_key_in_use(
    keyring: Keyring, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(KeyFileError, match="No space left on device"):
        keyring.rotate_data_key()
    assert keyring.active_data_key == 1
    assert Keyring.load(path).active_data_key == 1
    assert not list(path.parent.glob(f".{path.name}.*")), "no temporary file is left"


def test_a_key_that_is_gone_is_named(keyring: Keyring, cipher: FieldCipher, path: Path) -> None:
    before = path.read_bytes()
    keyring.rotate_data_key()
    blob = cipher.seal("name", "psn_1", "张三")
    path.write_bytes(before)
    with pytest.raises(UnknownKey, match="no data key 2: the row was sealed with a newer keyring"):
        FieldCipher(Keyring.load(path), table="persons").open("name", "psn_1", blob)
