"""One request of one browser: its visit, language and size of letters, and the answer to it."""

from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.portal.commands import DESK, HANDLES, OPERATES, PERSON, Visit
from services.portal.domain.paths import own_path, safe_next
from services.portal.pages.portal import Portal
from shared.i18n import Formats, Language, Translator, negotiate

LANGUAGE_COOKIE, ELDER_COOKIE = "tongban_language", "tongban_elder"
_YEAR = 365 * 24 * 3600
# The rooms of staff, in the order of the navigation, and the right that opens each.
STAFF_ROOMS = {"desk": HANDLES, "ops": OPERATES}


class LoginNeeded(Exception):
    """The page is for somebody who is logged in; he comes back to it afterwards."""

    def __init__(self, role: str, back: str) -> None:
        super().__init__(f"{role} has to log in")
        self.role = role
        self.back = back


class NotTheirs(Exception):
    """The person's post does not open this room of staff."""

    def __init__(self, room: str) -> None:
        super().__init__(f"the office does not open {room}")
        self.room = room


class Page:
    """What a page is made of."""

    def __init__(self, request: Request, secret: str, visit: Visit | None) -> None:
        self.request = request
        self.portal = Portal.of(request)
        self.secret = secret
        self.visit = visit
        cookies = request.cookies
        # Chinese first: English only for who switched to it, whatever the browser prefers.
        self.language: Language = negotiate(None, cookies.get(LANGUAGE_COOKIE))
        self.elder = cookies.get(ELDER_COOKIE) == "1"
        self.token = ""

    @property
    def translate(self) -> Translator:
        """The function `_` of the page's language."""
        return self.portal.templates.translator(self.language)

    @property
    def formats(self) -> Formats:
        """How the page writes dates."""
        return self.portal.templates.formats(self.language)

    @property
    def csrf(self) -> str:
        """What a form of this browser must carry."""
        return self.portal.sealed.cipher.index("csrf", self.secret)

    def csrf_fits(self, given: str) -> bool:
        """Whether a form came from a page of this browser, made under any key still in use."""
        return bool(given) and given in self.portal.sealed.cipher.indexes("csrf", self.secret)

    @property
    def person(self) -> dict[str, Any] | None:
        """Who is logged in, as identity told it; None for nobody."""
        login = self.visit.logins.get(PERSON) if self.visit else None
        return login.me if login else None

    @property
    def officer(self) -> dict[str, Any] | None:
        """Who is logged in at a desk."""
        login = self.visit.logins.get(DESK) if self.visit else None
        return login.me if login else None

    @property
    def rooms(self) -> list[str]:
        """The rooms of staff that the office opens."""
        return [room for room, right in STAFF_ROOMS.items() if self.may(right)]

    def may(self, right: str) -> bool:
        """Whether the login at work was granted this right."""
        login = self.visit.logins.get(DESK) if self.visit else None
        return login is not None and login.may(right)

    @property
    def here(self) -> str:
        """This page's own address, to come back to."""
        path, query = quote(self.request.url.path), self.request.url.query
        return safe_next(f"{path}?{query}" if query else path)

    @property
    def back(self) -> str:
        """The page that a form was posted from."""
        base = self.portal.settings.public_base
        return safe_next(own_path(self.request.headers.get("referer"), base))

    @property
    def partial(self) -> bool:
        """Whether htmx asks for a part of a page."""
        return self.request.headers.get("hx-request") == "true"

    def render(self, template: str, status: int = 200, /, **context: Any) -> Response:
        """A page."""
        text = self.portal.templates.render(
            template, self.language, {"page": self, "site": self.portal.settings.site_name,
                                      **context}
        )  # fmt: skip
        return self.remember(HTMLResponse(text, status))

    def go(self, path: str) -> Response:
        """Send the browser to a page of this site."""
        return self.remember(RedirectResponse(quote(path, safe="/?&=%#:;,+@~"), 303))

    def leave(self, address: str) -> Response:
        """Send the browser to the identity provider."""
        return self.remember(RedirectResponse(address, 303))

    def remember(self, response: Response, secret: str | None = None) -> Response:
        """Give the browser its secret, when it has none or gets a new one."""
        settings = self.portal.settings
        known = self.request.cookies.get(settings.cookie)
        if (secret or self.secret) != known:
            response.set_cookie(
                settings.cookie,
                secret or self.secret,
                path="/",
                secure=settings.secure,
                httponly=True,
                samesite="lax",
            )
        return response

    def choose(self, response: Response, cookie: str, value: str) -> Response:
        """Keep a choice of language or size for a year."""
        secure = self.portal.settings.secure
        response.set_cookie(
            cookie, value, max_age=_YEAR, path="/", secure=secure, httponly=True, samesite="lax"
        )
        return response
