"""The authorization endpoint: its checks, in the order of the table in `endpoint`."""

from services.identity.api.authorization.cancel import cancel
from services.identity.api.authorization.endpoint import authorization, resume

__all__ = ["authorization", "cancel", "resume"]
