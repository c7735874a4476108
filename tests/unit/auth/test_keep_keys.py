import json
import threading
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, RSAKey

from shared.auth import keys


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "portal.jwk"
    made = keys.load_or_create(path)
    assert keys.load_or_create(path).as_dict() == made.as_dict()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["portal.jwk"]


def test_its_id_is_its_thumbprint(tmp_path: Path) -> None:
    key = keys.load_or_create(tmp_path / "key.jwk")
    assert key.kid == key.thumbprint()


def test_a_key_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key.jwk"
    keys.create(path)
    before = path.read_bytes()
    keys.create(path)
    assert path.read_bytes() == before


def test_several_makers_at_once_get_the_same_key(tmp_path: Path) -> None:
    path, made = tmp_path / "key.jwk", []
    threads = [
        threading.Thread(target=lambda: made.append(keys.load_or_create(path).kid))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_file_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "key.jwk"
    keys.create(path)
    path.chmod(0o640)
    with pytest.raises(keys.UnusableKey, match="chmod 600"):
        keys.load(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '"key"',
        json.dumps(RSAKey.generate_key(2048).as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
    ],
)
def test_a_file_with_something_else_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key.jwk"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(keys.UnusableKey, match=r"key\.jwk"):
        keys.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(keys.UnusableKey, match="No such file"):
        keys.load(tmp_path / "none.jwk")
