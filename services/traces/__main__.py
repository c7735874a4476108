"""python -m services.traces: serve, migrate, openapi …"""

from services.traces.app import MIGRATIONS, create_app
from services.traces.settings import Settings
from services.traces.store import mechanisms
from shared.cli import service_cli

cli = service_cli("traces", create_app, Settings, mechanisms, MIGRATIONS, port=8006)


if __name__ == "__main__":
    cli()
