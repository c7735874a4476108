"""Errors that are shown to the person, because it is not safe to send the browser anywhere."""

from services.identity.domain.oauth import InvalidRequest, OAuthError


class ShownError(Exception):
    """What went wrong, for a page of our own; the pages know how to say it."""

    def __init__(self, cause: OAuthError) -> None:
        super().__init__(str(cause))
        self.cause = cause


class LoginOver(ShownError):
    """A page of a login that was finished, cancelled, or waited too long: often by going back."""

    def __init__(self) -> None:
        super().__init__(InvalidRequest("this login was finished, or waited too long: begin anew"))
