"""Authenticated encryption by algorithm id: AES-256-GCM, and SM4-GCM where 国密 is required."""

from enum import IntEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.crypto.errors import CryptoError

NONCE_BYTES = 12
TAG_BYTES = 16


class Algorithm(IntEnum):
    """The first byte of every sealed field; an id is never given to another algorithm."""

    AES_256_GCM = 1
    SM4_GCM = 2

    @property
    def key_bytes(self) -> int:
        """How long its key is."""
        return 32 if self is Algorithm.AES_256_GCM else 16


def encrypt(algorithm: Algorithm, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    """Ciphertext and tag; `bound` is not encrypted but must be the same when opened."""
    if algorithm is Algorithm.AES_256_GCM:
        return AESGCM(key).encrypt(nonce, plain, bound)
    try:
        encryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    except UnsupportedAlgorithm as error:
        raise CryptoError("this build of OpenSSL has no SM4: seal with AES-256-GCM") from error
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def decrypt(algorithm: Algorithm, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
    """The plaintext; raises cryptography's InvalidTag when anything was changed."""
    if algorithm is Algorithm.AES_256_GCM:
        return AESGCM(key).decrypt(nonce, sealed, bound)
    body, tag = sealed[:-TAG_BYTES], sealed[-TAG_BYTES:]
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(bound)
    return decryptor.update(body) + decryptor.finalize()
