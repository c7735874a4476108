"""The services' apps by name, each with its settings from the environment."""

from collections.abc import Sequence
from importlib import import_module

import uvicorn
from fastapi import FastAPI

from gateway.app import create_app as create_gateway
from gateway.app import server_config
from gateway.settings import GatewaySettings
from shared.settings import load
from shared.telemetry import Telemetry, TelemetrySettings


def open_services(names: Sequence[str]) -> dict[str, FastAPI]:
    """Create the app of each service."""
    return {name: import_module(f"services.{name}.app").create_app() for name in names}


def gateway_config() -> uvicorn.Config:
    """The gateway, ready to serve on a socket of its own."""
    settings = load(GatewaySettings)
    telemetry = Telemetry.start("gateway", load(TelemetrySettings))
    return server_config(create_gateway(settings, telemetry=telemetry), settings)
