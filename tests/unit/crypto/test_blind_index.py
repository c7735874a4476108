import re

import pytest

from shared.crypto import FieldCipher, Keyring


@pytest.mark.parametrize(
    "written", [" 45010219900101123x", "450102 19900101 123X", "４５０１０２19900101123Ｘ"]
)
def test_spellings_of_one_value_have_one_index(cipher: FieldCipher, written: str) -> None:
    assert cipher.index("id_number", written) == cipher.index("id_number", "45010219900101123X")


def test_the_field_is_part_of_the_index(cipher: FieldCipher) -> None:
    assert cipher.index("id_number", "138") != cipher.index("phone", "138")


def test_an_index_names_its_key_and_is_128_bits(cipher: FieldCipher) -> None:
    assert re.fullmatch(r"1\.[0-9a-f]{32}", cipher.index("phone", "13800000000"))


def test_tables_of_a_service_share_an_index(keyring: Keyring, cipher: FieldCipher) -> None:
    staff = FieldCipher(keyring, table="staff")
    assert staff.index("id_number", "1") == cipher.index("id_number", "1")


@pytest.mark.parametrize("value", ["", "  ", "\u3000"])
def test_nothing_is_not_looked_up(cipher: FieldCipher, value: str) -> None:
    with pytest.raises(ValueError, match=r"persons\.phone: an empty value"):
        cipher.index("phone", value)


def test_look_ups_find_old_and_new_indexes_while_they_are_renewed(
    keyring: Keyring, cipher: FieldCipher
) -> None:
    old = cipher.index("phone", "13800000000")
    keyring.rotate_index_key()
    new = cipher.index("phone", "13800000000")
    assert new != old
    assert cipher.indexes("phone", "13800000000") == (new, old)
    assert cipher.needs_reindex(old)
    assert not cipher.needs_reindex(new)
