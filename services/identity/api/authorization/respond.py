"""Authorization responses: always with `iss` (RFC 9207), in the mode that was asked for."""

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from services.identity.api.authorization.form_post import form_post
from services.identity.domain.oauth import OAuthError

# No Referer leaves with a code, and nobody keeps one.
_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Responder:
    """Answers one request at its checked redirect URI, and nowhere else."""

    issuer: str
    redirect_uri: str
    state: str | None
    mode: str | None = "query"

    def code(self, code: str) -> Response:
        """The person logged in."""
        return self._with({"code": code})

    def error(self, error: OAuthError) -> Response:
        """He did not, or could not be asked."""
        return self._with({"error": error.error, "error_description": error.description})

    def _with(self, told: dict[str, str]) -> Response:
        if self.state is not None:
            told["state"] = self.state
        told["iss"] = self.issuer
        if self.mode == "form_post":
            return form_post(self.issuer, self.redirect_uri, told)
        joint = "&" if "?" in self.redirect_uri else "?"
        return leave_for(f"{self.redirect_uri}{joint}{urlencode(told)}")


def leave_for(location: str) -> Response:
    """303, so that a POST with a password is never sent on."""
    return RedirectResponse(location, 303, _HEADERS)
