"""Cookies by name: the portal's never reach identity, nor the other way round."""

_MARKS = ("__host-", "__secure-")


def passing(values: list[bytes], names: tuple[str, ...]) -> bytes:
    """Of these Cookie headers the cookies whose names begin so, as one value."""
    if not names:
        return b""
    pairs = [pair.strip() for value in values for pair in value.split(b";")]
    return b"; ".join([pair for pair in pairs if _is_named(pair, names)])


def may_set(value: bytes, names: tuple[str, ...]) -> bool:
    """Whether a service behind this route may set that cookie."""
    return _is_named(value.strip(), names)


def _is_named(pair: bytes, names: tuple[str, ...]) -> bool:
    name = pair.split(b"=", 1)[0].strip().decode("latin-1").lower()
    for mark in _MARKS:
        name = name.removeprefix(mark)
    return name.startswith(names)
