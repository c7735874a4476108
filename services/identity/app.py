"""Puts identity together."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.identity.api.routes import hot_endpoints, protocol_routes
from services.identity.api.shortcut import Shortcut
from services.identity.api.v1 import routers
from services.identity.clients.logout_endpoints import open_logout_endpoints
from services.identity.commands.housekeeping import forget_what_ended
from services.identity.commands.logout_notices import LogoutNotices
from services.identity.commands.provider import Provider, assemble
from services.identity.commands.security_notices import SecurityNotices
from services.identity.commands.shown import ShownError
from services.identity.pages.account.entry import LogInFirst, to_login
from services.identity.pages.account.sections import SECTIONS
from services.identity.pages.errors import show_error
from services.identity.pages.nowhere import show_nowhere
from services.identity.pages.routes import page_routes
from services.identity.pages.ways.way_pages import WAY_PAGES
from services.identity.queries.logout_notices import LogoutWatch
from services.identity.queries.security_notices import NoticeWatch
from services.identity.settings import Settings
from services.identity.store import mechanisms
from shared.service import Runtime
from shared.settings import load
from shared.web import Work, every

MIGRATIONS = Path(__file__).parent / "migrations"
_CLEANING_SECONDS = 60.0
_SIEGE_SECONDS = 2.0
_EXPIRY_SECONDS = 5.0
_WATCH_SECONDS = 5.0


def create_app(settings: Settings | None = None) -> FastAPI:
    """Identity's app with what it stands on."""
    settings = settings or load(Settings)

    async def own_keys() -> dict[str, Any]:
        return await provider.keys.jwks()

    runtime = Runtime("identity", settings, mechanisms, MIGRATIONS, jwks=own_keys)
    provider = assemble(runtime, settings)
    runtime.revocations.also(provider.own_tokens)

    async def let_go(stop: asyncio.Event) -> None:
        await stop.wait()
        provider.passwords.close()
        await provider.own_tokens.close()
        for under_way in (provider.used_once, provider.clients, provider.live):
            await under_way.close()
        await provider.federation.providers.close()

    app = runtime.app(
        title="Identity 统一身份认证",
        description="OpenID Connect for everyone; people, organisations, delegations and staff.",
        routers=routers,
        works={
            "cleaning": every(
                _CLEANING_SECONDS, lambda: forget_what_ended(provider.db, settings.refresh_life)
            ),
            "expiry": every(_EXPIRY_SECONDS, provider.expiry),
            "siege": every(_SIEGE_SECONDS, provider.siege.measure),
            "keys": every(
                _CLEANING_SECONDS, lambda: provider.keys.keep_schedule(settings.key_schedule)
            ),
            "closing": every(_CLEANING_SECONDS, provider.closing.close_due),
            "letting_go": let_go,
            **_logouts(runtime, provider),
            **_notices(runtime, provider),
        },
        state={"provider": provider, "account_sections": SECTIONS, "way_pages": WAY_PAGES},
    )
    app.add_exception_handler(ShownError, show_error)
    app.add_exception_handler(LogInFirst, to_login)
    app.add_middleware(Shortcut, endpoints=hot_endpoints(), handlers=app.exception_handlers)
    app.add_exception_handler(404, show_nowhere(app))
    app.router.routes.extend([*protocol_routes(), *page_routes()])
    return app


def _logouts(runtime: Runtime, provider: Provider) -> dict[str, Work]:
    """What tells clients that logins have ended."""
    watch = LogoutWatch(runtime.db, runtime.telemetry.registry)
    notices = LogoutNotices(
        runtime.db,
        provider.keys,
        open_logout_endpoints(runtime, provider.settings),
        issuer=provider.settings.issuer,
        queued=provider.records.logouts_queued,
        count=watch.count,
    )
    return {"logouts": notices.run, "logout_watch": every(_WATCH_SECONDS, watch.look)}


def _notices(runtime: Runtime, provider: Provider) -> dict[str, Work]:
    """What tells people of what happened to their accounts."""
    watch = NoticeWatch(runtime.db, runtime.telemetry.registry)
    notices = SecurityNotices(
        runtime.db,
        provider.people,
        provider.messages,
        timezone=provider.settings.timezone,
        count=watch.count,
    )
    return {"notices": notices.run, "notice_watch": every(_WATCH_SECONDS, watch.look)}
