"""Puts traces together."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path

from fastapi import FastAPI

from services.traces.api import Otlp, routers
from services.traces.commands import Intake, LookUps, Retention, Scrubbing
from services.traces.settings import Settings
from services.traces.store import database_for_spans, mechanisms
from shared.auth.jwks import FetchKeys
from shared.db import Database
from shared.service import Runtime
from shared.settings import load
from shared.telemetry import TelemetrySettings
from shared.web import every

MIGRATIONS = Path(__file__).parent / "migrations"
_PRUNE_SECONDS = 60.0


class TracesRuntime(Runtime):
    """What every service stands on, and the connection that spans are written by."""

    @cached_property
    def spans(self) -> Database:
        """The service's database once more, in less of a hurry to reach the disk."""
        return database_for_spans(self.settings.database_url)

    async def close(self) -> None:
        """Let go of this connection as well."""
        await super().close()
        await self.spans.dispose()


def create_app(settings: Settings | None = None, *, jwks: FetchKeys | None = None) -> FastAPI:
    """The app of traces with what it stands on; `jwks` is for tests."""
    settings = settings or load(Settings)
    runtime = TracesRuntime("traces", settings, mechanisms, MIGRATIONS, jwks=jwks)
    registry = runtime.telemetry.registry
    retention = Retention(runtime.spans, timedelta(days=settings.keep_days), settings.keep_bytes)
    intake = Intake(
        runtime.spans,
        Scrubbing(settings.attributes),
        registry,
        queue=settings.queue,
        trace_spans=settings.trace_spans,
    )
    app = runtime.app(
        title="Traces 运行轨迹",
        description="What the services did, by case, item and department; OTLP comes in at "
        "/otlp/v1/traces, inside only.",
        routers=routers,
        works={"intake": intake.run, "retention": every(_PRUNE_SECONDS, retention.prune)},
        state={
            "look_ups": LookUps(runtime.db, runtime.access, runtime.evidence),
            "retention": retention,
            "share": load(TelemetrySettings).sample,
        },
    )
    build = app.build_middleware_stack
    # Outermost, before telemetry: an export must not become a span that is exported.
    app.build_middleware_stack = lambda: Otlp(  # type: ignore[method-assign]
        build(), intake, retention, registry, settings.body_bytes
    )
    return app
