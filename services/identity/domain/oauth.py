"""The errors of OAuth 2.0 and OpenID Connect, by their registered names.

OAuthError
├── InvalidRequest, InvalidClient (401), InvalidGrant, UnauthorizedClient, InvalidScope,
│   UnsupportedGrantType, InvalidTarget, AccessDenied, UnsupportedResponseType
├── LoginRequired, InteractionRequired, ConsentRequired, UnmetAuthenticationRequirements,
│   RequestNotSupported, RequestUriNotSupported
├── InvalidRedirectUri, InvalidClientMetadata      (RFC 7591)
├── AuthorizationPending, SlowDown, ExpiredToken   (RFC 8628)
├── InvalidDPoPProof, UseDPoPNonce                 (RFC 9449)
└── InvalidToken (401), InsufficientScope (403)    (RFC 6750)
"""

from typing import ClassVar


class OAuthError(Exception):
    """An error that the protocol has a name for; the description is for the client's developer."""

    error: ClassVar[str] = "server_error"
    status: ClassVar[int] = 400

    def __init__(self, description: str) -> None:
        super().__init__(f"{self.error}: {description}")
        self.description = description


class InvalidRequest(OAuthError):
    """A parameter is missing, repeated or malformed."""

    error = "invalid_request"


class InvalidClient(OAuthError):
    """The client did not prove who it is."""

    error, status = "invalid_client", 401


class InvalidGrant(OAuthError):
    """The code, refresh token or subject token is not (or no longer) good for this client."""

    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    """The client is not registered for this."""

    error = "unauthorized_client"


class InvalidScope(OAuthError):
    """The scope is unknown or more than may be given."""

    error = "invalid_scope"


class UnsupportedGrantType(OAuthError):
    """This grant type does not exist here."""

    error = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    """Only `code` is issued here."""

    error = "unsupported_response_type"


class InvalidTarget(OAuthError):
    """The resource or audience is unknown or not allowed (RFC 8707)."""

    error = "invalid_target"


class AccessDenied(OAuthError):
    """The person or the provider said no."""

    error = "access_denied"


class LoginRequired(OAuthError):
    """`prompt=none` and nobody is logged in."""

    error = "login_required"


class InteractionRequired(OAuthError):
    """`prompt=none` and the person would have to choose."""

    error = "interaction_required"


class ConsentRequired(OAuthError):
    """`prompt=none` and the person has not allowed this yet."""

    error = "consent_required"


class UnmetAuthenticationRequirements(OAuthError):
    """No login of this person reaches a level that is essential to the client."""

    error = "unmet_authentication_requirements"


class RequestNotSupported(OAuthError):
    """Request objects are not taken."""

    error = "request_not_supported"


class RequestUriNotSupported(OAuthError):
    """Request objects by reference are not taken."""

    error = "request_uri_not_supported"


class InvalidRedirectUri(OAuthError):
    """A redirect URI cannot be registered."""

    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    """A field of a registration cannot be taken."""

    error = "invalid_client_metadata"


class AuthorizationPending(OAuthError):
    """The person has not confirmed the device yet."""

    error = "authorization_pending"


class SlowDown(OAuthError):
    """The device asks too often."""

    error = "slow_down"


class ExpiredToken(OAuthError):
    """The device's codes have expired."""

    error = "expired_token"


class InvalidDPoPProof(OAuthError):
    """The proof of possession does not hold, or is missing where the client must send one."""

    error = "invalid_dpop_proof"


class UseDPoPNonce(OAuthError):
    """The proof must carry `nonce`, which goes back in the DPoP-Nonce header."""

    error = "use_dpop_nonce"

    def __init__(self, description: str, nonce: str) -> None:
        super().__init__(description)
        self.nonce = nonce


class InvalidToken(OAuthError):
    """The bearer token is missing, expired or not for here."""

    error, status = "invalid_token", 401

    def __init__(self, description: str, challenge: str | None = None) -> None:
        """`challenge`: that of a token which is bound to a key."""
        super().__init__(description)
        self.challenge = challenge


class InsufficientScope(OAuthError):
    """The bearer token does not open this door."""

    error, status = "insufficient_scope", 403
