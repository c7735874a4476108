"""Why a token was not accepted.

InvalidToken
└── KeysUnavailable   no key could ever be fetched: the fault is ours, the caller tries again
"""

from enum import StrEnum


class Reason(StrEnum):
    """The stable codes of a refusal, for logs and metrics."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    WRONG_ALGORITHM = "wrong_algorithm"
    UNKNOWN_KEY = "unknown_key"
    KEYS_UNAVAILABLE = "keys_unavailable"
    BAD_SIGNATURE = "bad_signature"
    BAD_CLAIMS = "bad_claims"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    PROOF_NEEDED = "proof_needed"
    BAD_PROOF = "bad_proof"
    WRONG_KEY = "wrong_key"
    NOT_BOUND = "not_bound"
    WRONG_CERTIFICATE = "wrong_certificate"


class InvalidToken(Exception):
    """The token is refused; `detail` says why and holds nothing of the token's content."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class KeysUnavailable(InvalidToken):
    """No signing key is known, because the issuer's key set has not been reachable yet."""

    def __init__(self) -> None:
        super().__init__(Reason.KEYS_UNAVAILABLE, "the issuer's signing keys cannot be fetched")
