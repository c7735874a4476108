"""The way to a receiver: the address that was checked, the certificate of its name."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.http import Guard, Limits, Posting
from tests.support.receivers import Receiver, Reply, receiving

LOOPBACK = Limits(networks=(ip_network("127.0.0.0/8"),), http=True)


class Names:
    """A resolver that changes its mind, as an attacker's does."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def test_a_name_that_turns_to_the_inside_is_not_followed() -> None:
    async with receiving() as inside:
        names = Names(["203.0.114.7"], ["127.0.0.1"])
        guard = Guard(Limits(ports=frozenset({inside.port})), names.resolve)
        url = f"https://receiver.example:{inside.port}/in"
        await guard.check(url)  # at its registration it was public
        webhooks = Posting(guard, 2, agent="Test/1")
        answer = await webhooks.post(url, {}, b"{}")
        await webhooks.close()
        assert (answer.status, answer.reason) == (None, "address_not_allowed")
        assert inside.connections == 0


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    async with receiving(lambda _: Reply(200)) as receiver:
        names = Names(["127.0.0.1"])
        webhooks = Posting(Guard(LOOPBACK, names.resolve), 2, agent="Test/1")
        answer = await webhooks.post(f"http://nobody.invalid:{receiver.port}/in", {}, b"{}")
        await webhooks.close()
        assert answer.is_success
        assert names.asked == ["nobody.invalid"]  # once: nothing resolves it a second time
        assert receiver.came[0].headers["host"] == f"nobody.invalid:{receiver.port}"


async def test_the_next_address_is_tried_while_nothing_was_sent() -> None:
    async with receiving(lambda _: Reply(200)) as receiver:
        webhooks = Posting(
            Guard(LOOPBACK, Names(["127.0.0.9", "127.0.0.1"]).resolve), 2, agent="Test/1"
        )
        answer = await webhooks.post(f"http://two.invalid:{receiver.port}/in", {}, b"{}")
        await webhooks.close()
        assert answer.is_success


async def test_a_name_server_that_hangs_ends_with_the_time() -> None:
    async def hang(_host: str, _port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    webhooks = Posting(Guard(LOOPBACK, hang), 0.2, agent="Test/1")
    answer = await webhooks.post("https://receiver.example/in", {}, b"{}")
    await webhooks.close()
    assert (answer.status, answer.reason) == (None, "timeout")


@pytest.mark.parametrize(
    ("host", "trusted", "reason"),
    [
        ("hukou.gov.example", True, "status_200"),
        ("hukou.gov.example", False, "connect_failed"),
        ("other.gov.example", True, "connect_failed"),
    ],
)
async def test_the_certificate_has_to_be_that_of_the_name(
    host: str, trusted: bool, reason: str, tmp_path: Path
) -> None:
    certificate = make_certificate(tmp_path, "hukou.gov.example")
    async with over_tls(certificate) as receiver:
        guard = Guard(LOOPBACK, Names(["127.0.0.1"]).resolve)
        webhooks = Posting(guard, 5, certificate if trusted else None, agent="Test/1")
        for _ in range(2):
            answer = await webhooks.post(f"https://{host}:{receiver.port}/in", {}, b"{}")
            assert answer.reason == reason
        await webhooks.close()
        assert len(receiver.came) == (2 if reason == "status_200" else 0)


@asynccontextmanager
async def over_tls(certificate: Path) -> AsyncGenerator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    receiver = Receiver(lambda _: Reply(200))
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()
    await receiver.until_true(lambda: not receiver.tasks)


def make_certificate(folder: Path, name: str) -> Path:
    """A certificate that signs itself, as a private authority's would be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(hours=1))
        .not_valid_after(moment + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "receiver.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path
