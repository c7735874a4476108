"""A device asks (设备登录): its code is typed or scanned, and the person says yes or no."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.attempts import Wait
from services.identity.domain.device_codes import DeviceRequest, shown, typed
from services.identity.pages.forms import Form
from services.identity.pages.interactions import login_of, redirect
from services.identity.pages.render import page, provider_of, translator
from services.identity.queries.client_address import client_address

_LONGEST = 40


async def show_device(request: Request) -> Response:
    """The field for the code, filled where the address brought it."""
    return _field(request, request.query_params.get("user_code", ""))


async def type_code(request: Request) -> Response:
    """Which device asks, and the question; guessing is slowed by address."""
    fields = await Form(request, "device").fields()
    given, _ = fields.get("user_code", ""), translator(request)
    provider = provider_of(request)
    address = client_address(request, provider.settings.trusted_proxies)
    attempts, code = provider.attempts, typed(given)
    counters = attempts.of_address(address)
    try:
        await attempts.admit(counters)
    except Wait as wait:
        text = _("尝试次数太多，请在 {seconds} 秒后再试。", seconds=wait.seconds)
        return _field(request, given, text, 429, wait.seconds)
    asked = await provider.devices.waiting(code) if code else None
    if code is None or asked is None:
        wrong = _("没有设备在等这个代码。请核对设备屏幕上的代码，或在设备上重新开始。")
        return _field(request, given, wrong, 400)
    async with provider.db.write() as tx:
        await attempts.forgive(tx, counters)
    return await _question(request, code, asked)


async def answer_device(request: Request) -> Response:
    """No ends it; yes goes on to the login and to the choice of for whom."""
    code = typed(request.path_params["code"]) or ""
    fields = await Form(request, "device answer", code).fields()
    provider, _ = provider_of(request), translator(request)
    asked = await provider.devices.waiting(code)
    if asked is None:
        return _told(request, "over", 400)
    if "yes" not in fields:
        await provider.devices.deny(asked)
        return _told(request, "refused")
    came = await provider.authorize.begin(provider.devices.request(asked), await login_of(request))
    if came.step == "done":
        return await _approved(request, came.value)
    return redirect(f"{provider.settings.issuer}/{came.step}/{came.value}")


async def device_done(request: Request) -> Response:
    """The person has logged in and chosen: the device may fetch its tokens."""
    if "error" in request.query_params:
        await provider_of(request).devices.cancelled(request.query_params.get("state", ""))
        return _told(request, "refused")
    return await _approved(request, request.query_params.get("code", ""))


async def _approved(request: Request, code: str) -> Response:
    good = await provider_of(request).devices.approve(code)
    return _told(request, "confirmed") if good else _told(request, "over", 400)


async def _question(request: Request, code: str, asked: DeviceRequest) -> Response:
    client = await provider_of(request).clients.find(asked.client)
    form = Form(request, "device answer", code)
    return form.shown(
        page(
            request,
            "device.html",
            state="asked",
            token=form.token,
            user_code=shown(code),
            client=client.name if client else "",
            action=f"{provider_of(request).settings.issuer}/device/{shown(code)}",
            error=None,
        )
    )


def _field(
    request: Request,
    given: str,
    error: str | None = None,
    status: int = 200,
    retry_after: int | None = None,
) -> Response:
    form = Form(request, "device")
    return form.shown(
        page(
            request,
            "device.html",
            status=status,
            headers={"Retry-After": str(retry_after)} if retry_after else None,
            state="typing",
            token=form.token,
            user_code=given[:_LONGEST],
            client="",
            error=error,
        )
    )


def _told(request: Request, state: str, status: int = 200) -> Response:
    return page(
        request,
        "device.html",
        status=status,
        state=state,
        token="",
        user_code="",
        client="",
        error=None,
    )
