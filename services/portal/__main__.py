"""python -m services.portal: serve, migrate …"""

from services.portal.app import MIGRATIONS, create_app
from services.portal.settings import Settings
from services.portal.store import mechanisms
from shared.cli import service_cli

service_cli("portal", create_app, Settings, mechanisms.metadata, MIGRATIONS, port=8001)()
