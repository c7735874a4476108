"""The challenge that goes with a refused token: by Bearer (RFC 6750) or by DPoP (RFC 9449)."""

from shared.auth.dpop import ALGORITHMS
from shared.auth.errors import InvalidToken, Reason

BEARER_REALM = 'Bearer realm="tongban"'
_DPOP_REALM = 'DPoP realm="tongban"'
_OF_THE_KEY = frozenset({Reason.BAD_PROOF, Reason.PROOF_NEEDED, Reason.WRONG_KEY, Reason.NOT_BOUND})


def challenge(refusal: InvalidToken) -> str:
    """The value of WWW-Authenticate."""
    told = f'error_description="{refusal.detail}"'
    if refusal.reason not in _OF_THE_KEY:
        return f'{BEARER_REALM}, error="invalid_token", {told}'
    error = "invalid_dpop_proof" if refusal.reason is Reason.BAD_PROOF else "invalid_token"
    return f'{_DPOP_REALM}, error="{error}", {told}, algs="{" ".join(ALGORITHMS)}"'
