"""A proxy that ends mutual TLS and tells the client's certificate on (RFC 9440)."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from shared.auth.certificates import write_certificate
from shared.clock import now


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, in one file."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    file: Path

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(folder: Path, name: str, by: Pair | None = None, *, authority: bool = False) -> Pair:
    """A certificate of this name, signed by another or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "云州市卫生健康委员会"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    others = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(others), critical=False)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(by.key if by else key, SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return Pair(made, key, file)


@asynccontextmanager
async def tls_front(server: Pair, trusted: list[Pair], upstream: int) -> AsyncGenerator[int]:
    """Its port; who brings a certificate must hold one that is trusted, or one of its issue."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.file)
    context.verify_mode = ssl.CERT_OPTIONAL
    for one in trusted:
        context.load_verify_locations(one.file)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = [one for one in head.split(b"\r\n") if one and not _own(one)]
            shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            if shown:
                lines.append(b"Client-Cert: " + write_certificate(shown).encode())
            lines.append(b"Connection: close")
            behind, to = await asyncio.open_connection("127.0.0.1", upstream)
            to.write(b"\r\n".join(lines) + b"\r\n\r\n" + await reader.readexactly(_length(head)))
            writer.write(await behind.read())
            to.close()
        finally:
            writer.close()

    listening = await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)
    try:
        yield int(listening.sockets[0].getsockname()[1])
    finally:
        listening.close()
        await listening.wait_closed()


def _own(line: bytes) -> bool:
    """What only the proxy says: a client's word for its certificate is dropped."""
    return line.lower().startswith((b"client-cert", b"connection:"))


def _length(head: bytes) -> int:
    told = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return int(told or 0)
