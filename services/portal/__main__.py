"""python -m services.portal: serve, migrate …"""

from services.portal.app import MIGRATIONS, create_app
from services.portal.settings import Settings
from services.portal.store import mechanisms, sealed
from shared.cli import service_cli

cli = service_cli("portal", create_app, Settings, mechanisms, MIGRATIONS, port=8005, sealed=sealed)

if __name__ == "__main__":
    cli()
