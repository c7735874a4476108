import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits.problems import PathRefused
from gateway.proxy.paths import normal_path

PIECES = st.sampled_from(
    [
        "a",
        "b",
        "/",
        "//",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%5C",
        "%00",
        "%25",
        "2f",
        "~",
        "%41",
        "é",
    ]
)


@pytest.mark.parametrize(
    ("given_path", "normal"),
    [
        (b"/", "/"),
        (b"/.", "/"),
        (b"/./a/./b/.", "/a/b/"),
        (b"/a/", "/a/"),
        (b"/%61%2Db", "/a-b"),
        (b"/%e5%87%ba", "/%E5%87%BA"),
        (b"/.well-known/x", "/.well-known/x"),
        (b"/a..b/...", "/a..b/..."),
    ],
)
def test_what_may_be_spelt_in_two_ways_is_spelt_in_one(given_path: bytes, normal: str) -> None:
    assert normal_path(given_path) == normal


@given(st.lists(PIECES, max_size=12))
def test_what_passes_is_normal_already(pieces: list[str]) -> None:
    try:
        path = normal_path(("/" + "".join(pieces)).encode())
    except PathRefused:
        return
    assert normal_path(path.encode()) == path
    assert path.startswith("/")
    assert "//" not in path
    assert not {".", ".."} & set(path.split("/"))
    assert not any(trick in path.lower() for trick in ("%2f", "%5c", "%00", "%2e"))
