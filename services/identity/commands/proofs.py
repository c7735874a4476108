"""Nonces that a DPoP proof must carry (RFC 9449, section 8), derived and never stored."""

from services.identity.commands.secrets import Derived
from shared.clock import now

_WINDOW_SECONDS = 150


class Nonces:
    """Each process derives the same; one holds between two and a half minutes and five."""

    def __init__(self, derived: Derived, *, demanded: bool) -> None:
        """`demanded`: whether a proof without one is refused; one that is sent always counts."""
        self._derived = derived
        self.demanded = demanded

    def current(self) -> str:
        """The nonce to use from now on."""
        return self._of(self._window())

    def good(self, nonce: str) -> bool:
        """Whether it is the current one or the last."""
        window = self._window()
        return any(
            self._derived.same(nonce, "dpop nonce", str(one)) for one in (window, window - 1)
        )

    def _window(self) -> int:
        return int(now().timestamp()) // _WINDOW_SECONDS

    def _of(self, window: int) -> str:
        return self._derived.value("dpop nonce", str(window))
