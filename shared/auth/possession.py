"""Whether who sends a bound token holds what it is bound to: a key (RFC 9449), a certificate
(RFC 8705). A token that names neither is a bearer token.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from shared import clock
from shared.auth import dpop
from shared.auth.errors import InvalidToken, Reason
from shared.auth.subject import Subject

BEARER, DPOP = "bearer", "dpop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A token as it came: by which scheme, with which proofs, for which request.

    `url` is the public one, whatever a gateway made of it; `certificate` the thumbprint of the
    client's certificate where there is one.
    """

    scheme: str
    token: str
    method: str
    url: str
    proofs: Sequence[str] = ()
    certificate: str | None = None


class Possession:
    """The checks of one process, which remembers the proofs that it has seen."""

    def __init__(self, *, kept: int = 100_000) -> None:
        """`kept`: how many proofs at most are remembered for the minute in which they hold."""
        self._seen: OrderedDict[str, float] = OrderedDict()
        self._kept = kept

    def check(self, subject: Subject, presented: Presented) -> None:
        """InvalidToken unless the token came as it is bound to come, with a proof never used."""
        proof = self.checked(subject, presented)
        if proof is not None and not self._first(proof):
            raise InvalidToken(Reason.BAD_PROOF, "the proof was used before")

    def checked(self, subject: Subject, presented: Presented) -> dpop.Proof | None:
        """The same but for the replay, which the caller looks for himself; None: none needed."""
        _check_certificate(subject, presented.certificate)
        if subject.bound_key is None:
            if presented.scheme == DPOP:
                raise InvalidToken(Reason.NOT_BOUND, "the token is not bound to a key")
            return None
        if presented.scheme != DPOP:
            raise InvalidToken(
                Reason.PROOF_NEEDED,
                "the token is bound to a key: send it by the DPoP scheme, with a proof",
            )
        try:
            proof = dpop.read_proof(presented.proofs)
            dpop.check_method(proof, presented.method)
            dpop.check_url(proof, presented.url)
            dpop.check_age(proof, clock.now().timestamp())
            dpop.check_token(proof, presented.token)
        except dpop.InvalidProof as refusal:
            raise InvalidToken(Reason.BAD_PROOF, refusal.detail) from None
        if proof.thumbprint != subject.bound_key:
            raise InvalidToken(Reason.WRONG_KEY, "the token is bound to another key")
        return proof

    def _first(self, proof: dpop.Proof) -> bool:
        now, key = clock.now().timestamp(), proof.replay_key
        while self._seen and next(iter(self._seen.values())) < now:
            self._seen.popitem(last=False)
        if key in self._seen:
            return False
        self._seen[key] = now + dpop.AGE_SECONDS + dpop.AHEAD_SECONDS
        if len(self._seen) > self._kept:
            self._seen.popitem(last=False)
        return True


def _check_certificate(subject: Subject, certificate: str | None) -> None:
    if subject.bound_certificate is not None and subject.bound_certificate != certificate:
        raise InvalidToken(
            Reason.WRONG_CERTIFICATE, "the token is bound to another certificate than came"
        )
