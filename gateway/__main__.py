"""`python -m gateway`: serve the one door."""

import sys

import uvicorn

from gateway.app import create_app, server_config
from gateway.settings import GatewaySettings
from shared.settings import load
from shared.telemetry import Telemetry, TelemetrySettings


def main() -> None:
    """Serve until a signal comes."""
    settings = load(GatewaySettings)
    telemetry = Telemetry.start("gateway", load(TelemetrySettings))
    if not settings.secure:
        sys.stderr.write("PUBLIC_BASE is plain http: fit for this machine only.\n")
    uvicorn.Server(server_config(create_app(settings, telemetry=telemetry), settings)).run()


if __name__ == "__main__":
    main()
