"""The fixtures `kafka_broker` and `secured_kafka`: a real Apache Kafka that tests may fill.

Topics and groups of a test carry a name of its own: the broker serves the whole session.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import mkdtemp

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.stack.kafka import Broker, NotFetched, Secured, jars, missing
from shared import clock
from shared.ids import uuid7

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SecuredKafka:
    """Where the broker wants TLS and a login, and whom it lets in (PLAIN and SCRAM-SHA-512)."""

    bootstrap: str
    ca: Path
    user: str
    password: str


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[str]:
    """HOST:PORT of the broker that KAFKA_BOOTSTRAP names, else of one that is started here."""
    given = os.environ.get("KAFKA_BOOTSTRAP")
    if given:
        yield given
        return
    require_kafka()
    with folder() as place:
        broker = Broker(place)
        with running(broker):
            yield broker.bootstrap


@pytest.fixture(scope="session")
def secured_kafka() -> Iterator[SecuredKafka]:
    """A broker with TLS under an authority of its own, and one user."""
    require_kafka()
    with folder() as place:
        ca, keystore = _certify(place)
        users = {"tongban": uuid7()}
        broker = Broker(place, secured=Secured(users, keystore))
        with running(broker):
            (user, password), *_ = users.items()
            yield SecuredKafka(broker.secured_bootstrap, ca, user, password)


def require_kafka() -> None:
    """Go on where a broker can be had; else skip, or fail where it must be there."""
    reason = missing()
    if reason is None:
        try:
            jars()
        except NotFetched as error:
            reason = str(error)
    if reason is None:
        return
    reason += "; or set KAFKA_BOOTSTRAP to a broker that tests may fill"
    if os.environ.get("KAFKA_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running(broker: Broker) -> Iterator[None]:
    """The broker is up in the block, and gone after it."""
    try:
        broker.start()
        yield
    finally:
        broker.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder for a broker's data."""
    place = Path(mkdtemp(prefix="tongban-kafka-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _certify(place: Path) -> tuple[Path, Path]:
    """An authority's certificate, and the broker's key with the certificate it was given."""
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = _name("Test Authority"), _name("localhost")
    root = (
        _certificate(issuer, issuer, root_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    own = (
        _certificate(issuer, subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    ca, keystore = place / "ca.pem", place / "broker.pem"
    ca.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    keystore.touch(mode=0o600)
    keystore.write_bytes(private + own.public_bytes(serialization.Encoding.PEM))
    return ca, keystore


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )
