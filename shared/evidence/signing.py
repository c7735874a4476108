"""The key that signs a log's checkpoints, as signed notes (C2SP signed-note, Ed25519)."""

from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.crypto.secretfile import create_secret, read_secret
from shared.evidence.errors import KeyMismatch
from shared.evidence.verify import Checkpoint, VerifierKey

_PREFIX = "PRIVATE+KEY+"
_ED25519 = b"\x01"


class CheckpointSigner:
    """Signs for one log; `origin` is the log's name, and the key's."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        if not origin or any(c.isspace() or c == "+" for c in origin):
            raise KeyMismatch(f"a log's name has no spaces and no plus sign: {origin!r}")
        self.origin = origin
        self.verifier = VerifierKey(origin, key.public_key().public_bytes_raw())
        self._key = key

    @classmethod
    def create(cls, path: Path, origin: str) -> "CheckpointSigner":
        """Make the key file when it is missing, then load it."""
        if not path.exists():
            signer = cls(origin, Ed25519PrivateKey.generate())
            create_secret(path, signer._secret().encode())
        return cls.load(path, origin)

    @classmethod
    def load(cls, path: Path, origin: str) -> "CheckpointSigner":
        """Read the key file; a key of another log is refused."""
        text = read_secret(path).decode("utf-8", "replace").strip()
        name, _, rest = text.removeprefix(_PREFIX).partition("+")
        identity, _, encoded = rest.partition("+")
        try:
            signer = cls(name, Ed25519PrivateKey.from_private_bytes(b64decode(encoded)[1:]))
        except ValueError:
            raise KeyMismatch(f"{path} holds no signing key ({_PREFIX}name+hash+base64)") from None
        if name != origin or signer.verifier.id.hex() != identity:
            raise KeyMismatch(f"{path} holds the key of {name}, not of {origin}")
        return signer

    def sign(self, size: int, root: bytes) -> Checkpoint:
        """The checkpoint of a tree."""
        body = f"{self.origin}\n{size}\n{b64encode(root).decode()}\n"
        signature = b64encode(self.verifier.id + self._key.sign(body.encode())).decode()
        note = f"{body}\n\u2014 {self.origin} {signature}\n"
        return Checkpoint(self.origin, size, root, note)

    def _secret(self) -> str:
        seed = b64encode(_ED25519 + self._key.private_bytes_raw()).decode()
        return f"{_PREFIX}{self.origin}+{self.verifier.id.hex()}+{seed}\n"
