"""Forms that only the browser can send in which they were shown (against CSRF and login CSRF)."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.shown import ShownError
from services.identity.domain.oauth import InvalidRequest
from services.identity.pages.render import provider_of, set_cookie

_COOKIE = "login_form"
_BYTES = 16
_MOST_FIELDS = 20
_LONGEST_COOKIE = 64


def browser_of(request: Request) -> str:
    """The secret of this browser's forms; empty before it was shown one."""
    known = request.cookies.get(provider_of(request).settings.cookie(_COOKIE), "")
    return known if len(known) <= _LONGEST_COOKIE else ""


class Form:
    """The token of one form: bound to this browser's cookie, the form's purpose and its subject."""

    def __init__(self, request: Request, purpose: str, subject: str = "") -> None:
        self._request = request
        self._provider = provider_of(request)
        self._bound = (purpose, subject)
        self._known = browser_of(request)
        self._secret = self._known or _new(request)

    @property
    def known(self) -> bool:
        """Whether the browser has sent its cookie with this request."""
        return bool(self._known)

    @property
    def browser(self) -> str:
        """What questions to this browser are bound to, the first page's included."""
        return self._secret

    @property
    def token(self) -> str:
        """The value of the hidden field."""
        return self._provider.derived.value("form", self._secret, *self._bound)

    def token_for(self, purpose: str) -> str:
        """The same for a second form on the same page."""
        return self._provider.derived.value("form", self._secret, purpose, self._bound[1])

    def shown(self, answer: Response) -> Response:
        """Give the browser its cookie with the page, if it has none yet."""
        if not self._known:
            set_cookie(answer, self._provider.settings, _COOKIE, self._secret)
        return answer

    async def fields(self) -> dict[str, str]:
        """What was typed; refused unless the token is of this browser and this form."""
        async with self._request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        given = fields.pop("token", "")
        derived = self._provider.derived
        if not self._known or not derived.same(given, "form", self._known, *self._bound):
            raise ShownError(
                InvalidRequest(
                    "the form was not sent from the page that we showed: go back, reload"
                )
            )
        return fields


def _new(request: Request) -> str:
    """One secret for every form of an answer, or the last would take the others' away."""
    if not hasattr(request.state, _COOKIE):
        setattr(request.state, _COOKIE, secrets.token_urlsafe(_BYTES))
    return str(getattr(request.state, _COOKIE))
