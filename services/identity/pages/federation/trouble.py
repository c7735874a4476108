"""What went wrong at an upstream or on the way back, in words for the person, and the ways on."""

from starlette.requests import Request
from starlette.responses import Response

from services.identity.commands.federation.trouble import Failed
from services.identity.pages.interactions import go_on
from services.identity.pages.render import page, provider_of, translator
from services.identity.store.interactions import find_interaction
from shared.clock import now
from shared.i18n import Translator
from shared.telemetry import trouble_code

_AWAY = frozenset(
    {
        *("timeout", "unreachable", "keeps_failing", "host_unknown", "temporarily_unavailable"),
        *("server_error", "status_500", "status_502", "status_503", "status_504"),
    }
)
_NOT_ANEW = ("login_too_old", "no_auth_time", "login_required", "interaction_required")
_AWAY_STATUS, _WRONG_STATUS = 503, 400


async def failed_on(request: Request, failed: Failed) -> Response:
    """Back to the client that wanted no page (`prompt=none`); else the page."""
    async with provider_of(request).db.read() as connection:
        waits = failed.visit.interaction
        interaction = await find_interaction(connection, waits, now()) if waits else None
    if interaction is not None and "none" in interaction.request.prompt:
        return go_on(request, interaction)
    return await show_trouble(request, failed)


async def show_trouble(request: Request, failed: Failed) -> Response:
    """The page; who waits for a client keeps his way back to it."""
    provider, visit = provider_of(request), failed.visit
    async with provider.db.read() as connection:
        configured = await provider.federation.store.find(connection, visit.upstream)
        interaction = (
            await find_interaction(connection, visit.interaction, now())
            if visit.interaction
            else None
        )
    _ = translator(request)
    label = configured.upstream.label(_.language) if configured else visit.upstream
    return page(
        request,
        "upstream_trouble.html",
        status=_AWAY_STATUS if failed.code in _AWAY else _WRONG_STATUS,
        label=label,
        told=_told(_, failed.code, label),
        reason=failed.code,
        code=trouble_code(),
        upstream=visit.upstream,
        interaction=interaction.id if interaction else None,
        account=visit.person is not None,
        root=provider.settings.issuer,
        here_too=_here_too(request, interaction is not None and interaction.request.for_the_desk),
    )


def _told(_: Translator, code: str, label: str) -> str:
    if code in _AWAY:
        return _("现在联系不上“{label}”。请稍后再试，或者换一种方式登录。", label=label)
    texts = {
        "access_denied": _("您在“{label}”取消了登录。", label=label),
        "account_closed": _("您在本平台的账户已注销，不能再登录。"),
        "account_not_verified": _(
            "本平台已有一个填了同一身份证号的账户，但还没有核验过。请先用那个账户登录，再到“我的账户”里关联“{label}”。",
            label=label,
        ),
        "linked_to_another": _(
            "您在本平台的账户已经关联了“{label}”的另一个账号，或者这个账号已经关联了别人。请用原来的方式登录，到“我的账户”里查看。",
            label=label,
        ),
        **dict.fromkeys(
            _NOT_ANEW,
            _("这件事要求您重新验证身份，“{label}”没有做到。请再试一次。", label=label),
        ),
    }
    mismatch = _("“{label}”带回的登录信息核对不上，为了您的安全没有采用。请再试一次。", label=label)
    return texts.get(code, mismatch)


def _here_too(request: Request, desk: bool) -> bool:
    """Whether our own login page is open to this person."""
    return provider_of(request).settings.only_login.takes(desk=desk) is None
