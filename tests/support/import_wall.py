"""`python -m tests.support.import_wall NAME`: open one part, with the others walled off.

NAME is a service or `gateway`. Whoever imports over the wall gets an ImportError that names both.
"""

import asyncio
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class Wall(MetaPathFinder):
    """Lets nothing through but what the image of one part contains."""

    def __init__(self, part: str) -> None:
        self._part = part

    def find_spec(
        self,
        fullname: str,
        _path: Sequence[str] | None = None,
        _target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Refuse, or leave it to the finders behind."""
        if self._is_foreign(fullname):
            raise ImportError(f"{self._part} imports {fullname}, which its image does not have")
        return None

    def _is_foreign(self, name: str) -> bool:
        root, *below = name.split(".")
        if root == "services":
            return bool(below) and below[0] != self._part
        return root in {"gateway", "deploy"} - {self._part}


def main(part: str) -> None:
    """Import the part behind the wall and create its app."""
    sys.meta_path.insert(0, Wall(part))
    if part == "gateway":
        _create_gateway()
    else:
        app = import_module(f"services.{part}.app").create_app()
        asyncio.run(app.state.runtime.close())


def _create_gateway() -> None:
    from gateway.app import create_app
    from gateway.settings import GatewaySettings
    from shared.settings import load
    from shared.telemetry import Telemetry, TelemetrySettings

    telemetry = Telemetry.start("gateway", load(TelemetrySettings))
    app = create_app(load(GatewaySettings), telemetry=telemetry)
    asyncio.run(app.close())
    asyncio.run(telemetry.close())


if __name__ == "__main__":
    main(sys.argv[1])
