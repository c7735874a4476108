"""Every metric that the gateway and the services show, with its labels, as a process shows them."""

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from gateway.app import create_app as create_gateway
from gateway.settings import GatewaySettings
from shared.settings import load
from shared.telemetry import Telemetry, TelemetrySettings
from tests.support.images import PARTS

_NOWHERE = "http://127.0.0.1:9"
_PARTS_OF = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "gauge": ("",),
}


def environment(folder: Path) -> dict[str, str]:
    """In which each part can be opened, with nobody around it."""
    return {
        **{f"{name.upper()}_URL": _NOWHERE for name in PARTS},
        **{f"{name.upper()}_DATABASE_URL": f"sqlite:///{folder}/{name}.db" for name in PARTS},
        "OTEL_EXPORTER_OTLP_ENDPOINT": _NOWHERE,
        "TONGBAN_ENVIRONMENT": "onebox",
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": str(folder / "keys"),
    }


async def exported(folder: Path) -> dict[str, set[str]]:
    """The names of all metrics, each with the labels that it may have; reads the environment."""
    assert environment(folder).items() <= os.environ.items()
    found: dict[str, set[str]] = {}
    for part in PARTS:
        telemetry = await _opened(part)
        for name, labels in _shown(telemetry.registry):
            found.setdefault(name, set()).update(labels)
    return found


async def _opened(part: str) -> Telemetry:
    if part == "gateway":
        telemetry = Telemetry.start("gateway", load(TelemetrySettings))
        gateway = create_gateway(load(GatewaySettings), telemetry=telemetry)
        await gateway.close()
        await telemetry.close()
        return telemetry
    app: FastAPI = import_module(f"services.{part}.app").create_app()
    runtime = app.state.runtime
    await runtime.migrations.upgrade(runtime.db)
    async with app.router.lifespan_context(app):
        made: Telemetry = runtime.telemetry
    return made


def _shown(registry: CollectorRegistry) -> Iterable[tuple[str, set[str]]]:
    families = {family.name: family for family in registry.collect()}
    declared = {
        one._name: set(one._labelnames)
        for one in registry._collector_to_names
        if isinstance(one, MetricWrapperBase)
    }
    for name, family in families.items():
        labels = {label for sample in family.samples for label in sample.labels}
        labels |= declared.get(name, set())
        for ending in _PARTS_OF[family.type]:
            yield name + ending, labels | ({"le"} if ending == "_bucket" else set())
