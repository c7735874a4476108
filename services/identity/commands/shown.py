"""Errors that are shown to the person, because it is not safe to send the browser anywhere."""

from services.identity.domain.oauth import OAuthError


class ShownError(Exception):
    """What went wrong, for a page of our own; the pages know how to say it."""

    def __init__(self, cause: OAuthError) -> None:
        super().__init__(str(cause))
        self.cause = cause
