"""The certificate of a client, as the proxy that ended its TLS connection tells it (RFC 9440)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence

HEADER = "client-cert"
_LARGEST = 16 * 1024


def read_certificate(headers: Sequence[str]) -> bytes | None:
    """The certificate (DER) of the `Client-Cert` headers; None where there is not exactly one."""
    if len(headers) != 1:
        return None
    value = headers[0].strip()
    if len(value) > _LARGEST or len(value) < 2 or value[0] != ":" or value[-1] != ":":  # noqa: PLR2004
        return None
    try:
        return base64.b64decode(value[1:-1], validate=True) or None
    except (binascii.Error, ValueError):
        return None


def write_certificate(certificate: bytes) -> str:
    """The header's value: a Byte Sequence of RFC 8941."""
    return f":{base64.b64encode(certificate).decode()}:"


def thumbprint(certificate: bytes) -> str:
    """`x5t#S256` (RFC 8705, section 3.1)."""
    digest = hashlib.sha256(certificate).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def thumbprint_in(headers: Sequence[str]) -> str | None:
    """The thumbprint of the certificate that came, if one came."""
    certificate = read_certificate(headers)
    return None if certificate is None else thumbprint(certificate)
