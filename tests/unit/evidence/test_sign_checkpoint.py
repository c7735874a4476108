from pathlib import Path

import pytest

from shared.crypto import KeyFileError
from shared.evidence import CheckpointSigner, KeyMismatch, VerifierKey
from shared.evidence.verify import (
    EMPTY_ROOT,
    Checkpoint,
    UnusableInput,
    VerificationError,
    open_checkpoint,
    split_notes,
)
from tests.support.ledger import ORIGIN

# The example of golang.org/x/mod/sumdb/note.
PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_signed_checkpoint_opens_with_its_key(signer: CheckpointSigner) -> None:
    signed = signer.sign(7, EMPTY_ROOT)
    opened = open_checkpoint(signed.note, [signer.verifier])
    assert opened == signed
    assert (opened.origin, opened.size, opened.root) == (ORIGIN, 7, EMPTY_ROOT)


def test_the_note_has_the_published_form(signer: CheckpointSigner) -> None:
    origin, size, root, empty, signature, end = signer.sign(7, EMPTY_ROOT).note.split("\n")
    assert (origin, size, empty, end) == (ORIGIN, "7", "", "")
    assert root == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert signature.startswith(f"— {ORIGIN} ")


def test_a_published_verifier_key_is_read_and_written_alike() -> None:
    assert str(VerifierKey.parse(f"{PUBLISHED_KEY}\n")) == PUBLISHED_KEY


def test_a_key_file_is_for_its_owner_and_gives_the_same_key_again(
    signer: CheckpointSigner, tmp_path: Path
) -> None:
    assert (tmp_path / "evidence.key").stat().st_mode & 0o777 == 0o600
    again = CheckpointSigner.create(tmp_path / "evidence.key", ORIGIN)
    assert again.verifier == signer.verifier
    assert again.sign(7, EMPTY_ROOT) == signer.sign(7, EMPTY_ROOT)


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n7\n", "\n8\n"), (ORIGIN, "gov.example/other"), ("47DEQ", "57DEQ"), ("— ", "- ")],
    ids=["size", "origin", "root", "no signature"],
)
def test_a_changed_checkpoint_does_not_open(signer: CheckpointSigner, old: str, new: str) -> None:
    note = signer.sign(7, EMPTY_ROOT).note.replace(old, new)
    with pytest.raises(VerificationError, match="carries no good signature of a given key"):
        open_checkpoint(note, [signer.verifier])


def test_a_checkpoint_of_another_key_does_not_open(
    signer: CheckpointSigner, tmp_path: Path
) -> None:
    other = CheckpointSigner.create(tmp_path / "other.key", ORIGIN)
    with pytest.raises(VerificationError, match="no good signature"):
        open_checkpoint(other.sign(7, EMPTY_ROOT).note, [signer.verifier])


def test_a_key_of_one_log_does_not_speak_for_another(
    signer: CheckpointSigner, tmp_path: Path
) -> None:
    other = CheckpointSigner.create(tmp_path / "other.key", "gov.example/other")
    body, signature = other.sign(7, EMPTY_ROOT).note.split("\n\n")
    forged = CheckpointSigner(ORIGIN, other._key).sign(7, EMPTY_ROOT).note.split("\n\n")[0]
    with pytest.raises(VerificationError):
        open_checkpoint(f"{forged}\n\n{signature}", [other.verifier, signer.verifier])
    assert body != forged


def test_one_good_signature_among_others_is_enough(
    signer: CheckpointSigner, tmp_path: Path
) -> None:
    witness = CheckpointSigner.create(tmp_path / "other.key", "gov.example/witness")
    body, signature = signer.sign(7, EMPTY_ROOT).note.split("\n\n")
    cosignature = witness.sign(7, EMPTY_ROOT).note.split("\n\n")[1]
    note = f"{body}\n\n{cosignature}— broken §\n{signature}"
    assert open_checkpoint(note, [signer.verifier]).size == 7


@pytest.mark.parametrize(
    "note", ["", "x", "o\n1\n", "o\n-1\nAAAA\n", "o\n01\nAAAA\n\n", "\n1\nAAAA\n", "o\n1\nAAAA\n\n"]
)
def test_what_is_no_checkpoint_is_told(note: str) -> None:
    with pytest.raises(VerificationError, match="not a checkpoint"):
        Checkpoint.parse(note)


def test_notes_in_one_file_are_told_apart(signer: CheckpointSigner) -> None:
    notes = [signer.sign(n, EMPTY_ROOT).note for n in range(3)]
    assert split_notes("".join(notes)) == notes
    assert split_notes("\n\n".join(notes)) == notes
    assert split_notes("") == []


@pytest.mark.parametrize("text", ["", "a+b", "name+00000000+AAAA", f"x{PUBLISHED_KEY}"])
def test_what_is_no_verifier_key_is_told(text: str) -> None:
    with pytest.raises(UnusableInput, match="neither a verifier key"):
        VerifierKey.parse(text)


def test_a_key_file_of_another_log_is_refused(signer: CheckpointSigner, tmp_path: Path) -> None:
    with pytest.raises(KeyMismatch, match=f"holds the key of {ORIGIN}, not of gov.example/other"):
        CheckpointSigner.load(tmp_path / "evidence.key", "gov.example/other")


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+b+c", "PRIVATE+KEY+a b+00000000+AQ=="])
def test_a_file_that_holds_no_signing_key_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyMismatch, match="holds no signing key"):
        CheckpointSigner.load(path, "a")


def test_a_missing_or_open_key_file_is_refused(signer: CheckpointSigner, tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no such key file"):
        CheckpointSigner.load(tmp_path / "none.key", ORIGIN)
    (tmp_path / "evidence.key").chmod(0o644)
    with pytest.raises(KeyFileError, match="chmod 600"):
        CheckpointSigner.create(tmp_path / "evidence.key", ORIGIN)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "line\nbreak"])
def test_a_log_needs_a_name_that_a_note_can_carry(tmp_path: Path, origin: str) -> None:
    with pytest.raises(KeyMismatch, match="no spaces and no plus sign"):
        CheckpointSigner.create(tmp_path / "new.key", origin)
