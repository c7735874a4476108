"""The login page."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.attempts import Wait
from services.identity.commands.begin import LoggedIn
from services.identity.commands.login import WrongCredentials
from services.identity.commands.passwords import TooBusy
from services.identity.pages.forms import Form
from services.identity.pages.interactions import arrival_of, client_name, go_on, waiting
from services.identity.pages.render import page, provider_of, set_cookie, translator
from services.identity.store.interactions import Interaction

_LONGEST_NAME = 200
_LONGEST_PASSWORD = 1024


async def show_login(request: Request) -> Response:
    """A form that is empty but for the name that the client hinted at."""
    interaction = await waiting(request)
    return await _form(request, interaction, provider_of(request).authorize.login_hint(interaction))


async def log_in(request: Request) -> Response:
    """A typed form: a new login and on, or the form again with what is wrong."""
    interaction = await waiting(request)
    fields = await Form(request, "login", interaction.id).fields()
    username, password = fields.get("username", ""), fields.get("password", "")
    _ = translator(request)
    if not username.strip() or not password:
        return await _form(request, interaction, username, _("请填写账号和密码。"), 400)
    try:
        begun = await _begin(request, interaction, username, password)
    except WrongCredentials:
        wrong = _("账号或密码不正确。请检查后重试。")
        return await _form(request, interaction, username, wrong, 400)
    except Wait as wait:
        text = _("尝试次数太多，请在 {seconds} 秒后再试。", seconds=wait.seconds)
        return await _form(request, interaction, username, text, 429, wait.seconds)
    except TooBusy:
        text = _("现在登录的人很多，请稍后再试。")
        return await _form(request, interaction, username, text, 503, 5)
    return logged_in(request, interaction, begun)


def logged_in(request: Request, interaction: Interaction, begun: LoggedIn) -> Response:
    """On, with a cookie that no earlier page knew."""
    answer = go_on(request, interaction)
    set_cookie(answer, provider_of(request).settings, "login", begun.secret)
    return answer


async def _begin(
    request: Request, interaction: Interaction, username: str, password: str
) -> LoggedIn:
    if len(username) > _LONGEST_NAME or len(password) > _LONGEST_PASSWORD:
        raise WrongCredentials
    return await provider_of(request).log_in(
        username=username,
        password=password,
        arrival=await arrival_of(request, interaction),
    )


async def _form(
    request: Request,
    interaction: Interaction,
    username: str = "",
    error: str | None = None,
    status: int = 200,
    retry_after: int | None = None,
) -> Response:
    form = Form(request, "login", interaction.id)
    return form.shown(
        page(
            request,
            "login.html",
            status=status,
            leads_to=interaction.request.redirect_uri,
            headers={"Retry-After": str(retry_after)} if retry_after else None,
            token=form.token,
            interaction=interaction.id,
            client=await client_name(request, interaction),
            desk=interaction.request.for_the_desk,
            username=username[:_LONGEST_NAME],
            error=error,
        )
    )
