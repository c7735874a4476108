"""Where the broker listens: plainly on loopback, and with TLS and a login if asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
_PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"


@dataclass(frozen=True, slots=True)
class Secured:
    """A second listener: TLS, and a login by PLAIN or SCRAM-SHA-512.

    `keystore`: a PEM file with the broker's private key (PKCS #8) and its certificate.
    """

    users: Mapping[str, str]
    keystore: Path

    def properties(self) -> dict[str, str]:
        """The broker's settings for this listener."""
        users = " ".join(f'user_{name}="{word}"' for name, word in self.users.items())
        listener = "listener.name.secured"
        return {
            f"{listener}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            f"{listener}.plain.sasl.jaas.config": f"{_PLAIN} required {users};",
            f"{listener}.scram-sha-512.sasl.jaas.config": f"{_SCRAM} required;",
            f"{listener}.ssl.keystore.type": "PEM",
            f"{listener}.ssl.keystore.location": str(self.keystore),
        }

    def at_format(self) -> list[str]:
        """What the storage tool is told, so that the users of SCRAM are there from the start."""
        users = self.users.items()
        said = [f"SCRAM-SHA-512=[name={name},password={word}]" for name, word in users]
        return [word for one in said for word in ("--add-scram", one)]


def listeners(broker: int, controller: int, secured: int | None) -> dict[str, str]:
    """The listeners on loopback: the broker's, the controller's and perhaps the secured one."""
    where = [f"PLAINTEXT://127.0.0.1:{broker}"]
    protocols = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT"
    if secured is not None:
        where.append(f"SECURED://127.0.0.1:{secured}")
        protocols += ",SECURED:SASL_SSL"
    return {
        "listeners": ",".join([*where, f"CONTROLLER://127.0.0.1:{controller}"]),
        "advertised.listeners": ",".join(where),
        "listener.security.protocol.map": protocols,
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
    }
