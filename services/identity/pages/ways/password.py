"""Account and password; a passkey of this device is offered beside them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.identity.commands.entrance import Entered, WrongCredentials
from services.identity.domain.work import BITS, WAIT
from services.identity.pages.interactions import arrival_of, logged_in, waiting
from services.identity.pages.render import provider_of, translator
from services.identity.pages.ways.troubles import TROUBLES, Trouble, trouble
from services.identity.pages.ways.way_page import ROOT, WayPage, way_form, way_page
from services.identity.store.interactions import Interaction

_LONGEST_NAME = 200
_LONGEST_PASSWORD = 1024


async def show_login(request: Request) -> Response:
    """A form that is empty but for the name that the client hinted at."""
    interaction = await waiting(request)
    hint = provider_of(request).authorize.login_hint(interaction)
    return await _form(request, interaction, hint)


async def log_in(request: Request) -> Response:
    """A typed form: a new login and on, or the form again with what is wrong."""
    interaction = await waiting(request)
    fields = await way_form(request, interaction, "login").fields()
    username, password = fields.get("username", ""), fields.get("password", "")
    _ = translator(request)
    if not username.strip() or not password:
        empty = Trouble(_("请填写账号和密码。"))
        return await _form(request, interaction, username, empty)
    try:
        entered = await _begin(request, interaction, fields)
    except TROUBLES as error:
        wrong = trouble(error, _, _("账号或密码不正确。请检查后重试。"))
        return await _form(request, interaction, username, wrong)
    return logged_in(request, interaction, entered)


async def use_passkey(request: Request) -> Response:
    """What an authenticator of this device has signed."""
    interaction = await waiting(request)
    form = way_form(request, interaction, "passkey")
    fields, _ = await form.fields(), translator(request)
    try:
        begun = await provider_of(request).passkeys.log_in(
            fields.get("credential", ""), form.browser, await arrival_of(request, interaction)
        )
    except TROUBLES as error:
        wrong = trouble(error, _, _("这个通行密钥不能用于登录。请换一个，或用其他方式登录。"))
        return await _form(request, interaction, "", wrong)
    return logged_in(request, interaction, begun)


async def _begin(request: Request, interaction: Interaction, fields: dict[str, str]) -> Entered:
    username, password = fields["username"], fields["password"]
    if len(username) > _LONGEST_NAME or len(password) > _LONGEST_PASSWORD:
        raise WrongCredentials
    return await provider_of(request).log_in(
        username=username,
        password=password,
        arrival=await arrival_of(request, interaction),
        work=(fields.get("task", ""), fields.get("work", "")),
    )


async def _form(
    request: Request,
    interaction: Interaction,
    username: str = "",
    wrong: Trouble | None = None,
) -> Response:
    form = way_form(request, interaction, "login")
    provider = provider_of(request)
    task = provider.siege.task(interaction.id, form.browser)
    return form.shown(
        await way_page(
            request,
            interaction,
            "password.html",
            here="",
            status=wrong.status if wrong else 200,
            retry_after=wrong.retry_after if wrong else None,
            scripts=("passkeys.js", "work.js") if task else ("passkeys.js",),
            task=task,
            bits=BITS,
            wait=int(WAIT.total_seconds()),
            token=form.token,
            passkey_token=form.token_for("passkey"),
            passkey_options=provider.passkeys.login_options(form.browser),
            new_password="new-password" in request.query_params,
            reaches_phones="sms" in provider.messages.reaches,
            username=username[:_LONGEST_NAME],
            error=wrong.text if wrong else None,
        )
    )


PAGE = WayPage(
    "",
    lambda _: _("密码"),
    (
        Route(ROOT, show_login, methods=["GET"]),
        Route(ROOT, log_in, methods=["POST"]),
        Route(f"{ROOT}/passkey", use_passkey, methods=["POST"]),
    ),
)
