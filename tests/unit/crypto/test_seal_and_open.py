from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.crypto import Algorithm, CannotOpen, FieldCipher, Keyring, UnknownKey

ID_NUMBER = "450102199001011234"
ROW = "psn_1"
ALGORITHMS = pytest.mark.parametrize("algorithm", list(Algorithm))
one_keyring = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@ALGORITHMS
@one_keyring
@given(value=st.text())
def test_whatever_was_sealed_opens_to_the_same(
    keyring: Keyring, algorithm: Algorithm, value: str
) -> None:
    if keyring.algorithm(keyring.active_data_key) is not algorithm:
        keyring.rotate_data_key(algorithm)
    cipher = FieldCipher(keyring, table="persons")
    blob = cipher.seal("name", ROW, value)
    assert blob[0] == algorithm
    assert cipher.open("name", ROW, blob) == value


@ALGORITHMS
@one_keyring
@given(data=st.data())
def test_no_changed_bit_is_accepted(
    keyring: Keyring, algorithm: Algorithm, data: st.DataObject
) -> None:
    if keyring.algorithm(keyring.active_data_key) is not algorithm:
        keyring.rotate_data_key(algorithm)
    cipher = FieldCipher(keyring, table="persons")
    blob = bytearray(cipher.seal("id_number", ROW, ID_NUMBER))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises((CannotOpen, UnknownKey)):
        cipher.open("id_number", ROW, bytes(blob))


@pytest.mark.parametrize(
    ("table", "field", "row"),
    [("persons", "id_number", "psn_2"), ("persons", "phone", ROW), ("staff", "id_number", ROW)],
    ids=["another row", "another column", "another table"],
)
def test_a_moved_ciphertext_does_not_open(
    keyring: Keyring, cipher: FieldCipher, table: str, field: str, row: str
) -> None:
    blob = cipher.seal("id_number", ROW, ID_NUMBER)
    with pytest.raises(CannotOpen, match="belongs to another row"):
        FieldCipher(keyring, table=table).open(field, row, blob)


def test_names_that_run_together_are_told_apart(cipher: FieldCipher) -> None:
    blob = cipher.seal("name", "1x", "值")
    with pytest.raises(CannotOpen):
        cipher.open("name1", "x", blob)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01\x00\x01" + bytes(27), bytes(60)])
def test_what_was_never_sealed_is_refused(cipher: FieldCipher, blob: bytes) -> None:
    with pytest.raises(CannotOpen):
        cipher.open("id_number", ROW, blob)


def test_another_installations_ciphertext_does_not_open(
    cipher: FieldCipher, tmp_path: Path
) -> None:
    other = FieldCipher(Keyring.create(tmp_path / "other.json"), table="persons")
    with pytest.raises(CannotOpen):
        cipher.open("id_number", ROW, other.seal("id_number", ROW, ID_NUMBER))


def test_an_error_never_shows_the_value(cipher: FieldCipher) -> None:
    blob = cipher.seal("id_number", ROW, ID_NUMBER)
    with pytest.raises(CannotOpen) as caught:
        cipher.open("id_number", "psn_2", blob)
    assert ID_NUMBER not in str(caught.value)


def test_two_ciphertexts_of_one_value_differ_and_hold_nothing_of_it(cipher: FieldCipher) -> None:
    first, second = (cipher.seal("id_number", ROW, ID_NUMBER) for _ in range(2))
    assert first != second
    assert ID_NUMBER.encode() not in first
    assert len(first) == len(ID_NUMBER) + 31
