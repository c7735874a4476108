"""Cookies by name: the portal's never reach identity, nor the other way round."""

_MARKS = ("__host-", "__secure-")


def passing(values: list[bytes], prefix: str) -> bytes:
    """Of these Cookie headers the cookies whose names begin with `prefix`, as one value."""
    if not prefix:
        return b""
    pairs = [pair.strip() for value in values for pair in value.split(b";")]
    return b"; ".join([pair for pair in pairs if _is_named(pair, prefix)])


def may_set(value: bytes, prefix: str) -> bool:
    """Whether a service behind this route may set that cookie."""
    return bool(prefix) and _is_named(value.strip(), prefix)


def _is_named(pair: bytes, prefix: str) -> bool:
    name = pair.split(b"=", 1)[0].strip().decode("latin-1").lower()
    for mark in _MARKS:
        name = name.removeprefix(mark)
    return name.startswith(prefix)
