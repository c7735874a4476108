"""The door of the account: who is logged in comes in, others log in first and come back."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.identity.domain.logins import Login
from services.identity.pages.forms import Form
from services.identity.pages.interactions import login_of, redirect
from services.identity.pages.render import page, provider_of, translator
from services.identity.store.people import Person
from shared.clock import now
from shared.i18n import Formats


class LogInFirst(Exception):
    """Nobody is logged in here, or the login is too old for what is asked."""

    def __init__(self, max_age: timedelta | None = None) -> None:
        super().__init__("log in first")
        self.max_age = max_age


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is, and by which login he sees it."""

    login: Login
    person: Person


async def account_of(request: Request) -> Account:
    """The account of who is logged in in this browser; others are sent to the login page."""
    login = await login_of(request)
    if login is None:
        raise LogInFirst
    provider = provider_of(request)
    async with provider.db.read() as connection:
        person = await provider.people.find(connection, login.person)
    if person is None or person.status != "active":
        raise LogInFirst
    return Account(login, person)


async def fresh(request: Request, minutes: int = 5) -> Account:
    """The same for what is dangerous: the login must be this young, else he logs in again."""
    account, age = await account_of(request), timedelta(minutes=minutes)
    # A login with help is for the matter at hand, never for what protects the account.
    if account.login.helped_by or now() - account.login.auth_time > age:
        raise LogInFirst(age)
    return account


async def to_login(request: Request, error: Exception) -> Response:
    """To the ordinary login page, and back to the page that was asked for."""
    assert isinstance(error, LogInFirst)  # noqa: S101 - it is registered for nothing else
    provider = provider_of(request)
    path = request.url.path.removeprefix("/identity")
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    back = f"{provider.settings.issuer}{path}{query}"
    interaction = await provider.authorize.enter(back, error.max_age)
    return redirect(f"{provider.settings.issuer}/login/{interaction}")


def account_form(request: Request, account: Account, purpose: str, subject: str = "") -> Form:
    """A form of the account, good in this browser and for this login only."""
    return Form(request, f"account:{purpose}", f"{account.login.id} {subject}")


def account_page(
    request: Request,
    account: Account,
    template: str,
    *,
    here: str,
    status: int = 200,
    **values: Any,
) -> Response:
    """A page of the account inside its navigation; `here` is the name of its section."""
    provider, _ = provider_of(request), translator(request)
    root = f"{provider.settings.issuer}/account"
    return page(
        request,
        f"account/{template}",
        status=status,
        account=account,
        root=root,
        here=here,
        formats=Formats(_.language, provider.settings.timezone),
        sections=[
            (one.name, one.title(_), f"{root}/{one.name}".rstrip("/"))
            for one in request.app.state.account_sections
        ],
        **values,
    )


def back_to(request: Request, section: str, **query: str) -> Response:
    """303 to a page of the account after an act."""
    kept = "&".join(f"{name}={value}" for name, value in query.items())
    root = f"{provider_of(request).settings.issuer}/account"
    return redirect(f"{root}/{section}".rstrip("/") + (f"?{kept}" if kept else ""))
