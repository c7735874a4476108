"""What EVENTS_URL says of a Kafka cluster: kafka://[USER:PASSWORD@]HOST:PORT[,HOST:PORT]/?option=…"""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

MESSAGE_BYTES = 1_000_000
_SECURITY = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_LAST_PORT = 65_535
_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,60}")
_FORM = "kafka://HOST:PORT[,HOST:PORT]/?option=…"


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """How to reach the cluster, and how topics are made that are not there yet.

    `retention_days` None keeps events for ever. `replication` None leaves it to the cluster.
    `prefix` stands before the names of topics and groups, for clusters that several share.
    """

    servers: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    security: str = "plaintext"
    mechanism: str = "SCRAM-SHA-512"
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    prefix: str = ""
    partitions: int = 6
    replication: int | None = None
    retention_days: int | None = None
    session_seconds: float = 10.0
    request_seconds: float = 10.0
    limit: int = MESSAGE_BYTES

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read the URL; a ValueError says which part is wrong and how it is written."""
        parts = urlsplit(url)
        if parts.scheme != "kafka":
            raise ValueError(f"a broker is written {_FORM}")
        login, _, hosts = parts.netloc.rpartition("@")
        if parts.path not in ("", "/") or parts.fragment:
            raise ValueError(f"nothing stands between the hosts and the options: {_FORM}")
        given = _options(parts.query)
        user, password = _login(login, given.pop("password_file", None))
        values = {name: _OPTIONS[name](text) for name, text in given.items()}
        values.setdefault("security", "sasl_plaintext" if user else "plaintext")
        options = cls(_servers(hosts), user, password, **values)
        options._check()
        return options

    @property
    def connection(self) -> dict[str, Any]:
        """The arguments that every client of the cluster takes."""
        found: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "security_protocol": self.security.upper(),
            "request_timeout_ms": round(self.request_seconds * 1000),
        }
        if self.security.endswith("ssl"):
            found["ssl_context"] = self._tls()
        if self.security.startswith("sasl"):
            found |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return found

    def _check(self) -> None:
        if self.security.startswith("sasl") != (self.user is not None):
            raise ValueError("a login (USER:PASSWORD@) and security=sasl_… belong together")
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together")
        if not self.security.endswith("ssl") and (self.ca or self.cert):
            raise ValueError("ca, cert and key are for security=ssl or sasl_ssl")
        for file in (self.ca, self.cert, self.key):
            if file is not None and not file.is_file():
                raise ValueError(f"there is no file {file}")
        if self.security.endswith("ssl"):
            self._tls()

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key)
        except (ssl.SSLError, OSError) as error:
            raise ValueError(f"ca, cert or key cannot be used: {error}") from None
        return context


def _servers(hosts: str) -> tuple[str, ...]:
    for host in hosts.split(","):
        name, _, port = host.rpartition(":")
        number = int(port) if port.isascii() and port.isdigit() else 0
        if not name or not 1 <= number <= _LAST_PORT:
            # The host is not repeated: it may be a piece of a password that was not encoded.
            raise ValueError(f"a host is no HOST:PORT: {_FORM} (in a password / is %2F, @ is %40)")
    return tuple(hosts.split(","))


def _login(text: str, password_file: str | None) -> tuple[str | None, str | None]:
    if not text:
        if password_file is not None:
            raise ValueError(
                "password_file needs the user: kafka://USER@HOST:PORT/?password_file=…"
            )
        return None, None
    user, colon, password = (unquote(part) for part in text.partition(":"))
    if password_file is not None:
        try:
            return user, Path(password_file).read_text().strip()
        except OSError as error:
            raise ValueError(f"password_file {password_file}: {error.strerror}") from None
    if not user or not colon or not password:
        raise ValueError("a login is USER:PASSWORD@, or USER@ with password_file=…")
    return user, password


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True)
    except ValueError:
        raise ValueError(f"options are written name=value&name=value, not {query!r}") from None
    known = {*_OPTIONS, "password_file"}
    for name, text in pairs:
        if name not in known:
            raise ValueError(f"{name} is no option; there are {', '.join(sorted(known))}")
        if not text:
            raise ValueError(f"option {name} has no value")
    return dict(pairs)


def _whole(name: str, least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else -1
        if not least <= number <= most:
            raise ValueError(f"{name} is a whole number from {least} to {most}, not {text!r}")
        return number

    return read


def _choice(name: str, among: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in among:
            raise ValueError(f"{name} is one of {', '.join(among)}, not {text!r}")
        return text

    return read


def _retention(text: str) -> int | None:
    return None if text == "forever" else _whole("retention_days", 7, 36_500)(text)


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise ValueError(f"prefix is letters, digits and . _ -, at most 60, not {text!r}")
    return text


_OPTIONS: Mapping[str, Callable[[str], Any]] = {
    "security": _choice("security", _SECURITY),
    "mechanism": _choice("mechanism", _MECHANISMS),
    "ca": Path,
    "cert": Path,
    "key": Path,
    "prefix": _prefix,
    "partitions": _whole("partitions", 1, 1000),
    "replication": _whole("replication", 1, 15),
    "retention_days": _retention,
    "session_seconds": _whole("session_seconds", 2, 300),
    "request_seconds": _whole("request_seconds", 2, 120),
}
