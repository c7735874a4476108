"""Tokens and introspections a CPU second, beside npm's oidc-provider; A B A B in one run.

    python -m tests.benchmarks.bench_identity [seconds of each turn]

Both sides are one process behind real sockets and get the same requests. Ours keeps its clients,
used assertions and revocations in PostgreSQL and in SQLite, as it always does; oidc-provider keeps
them in memory, its default. Both sign JSON Web Tokens with ES256. Its introspection reads an
opaque token, for it does not introspect others. CPU time is that of the server's process.
"""

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import orjson
from _pytest.outcomes import Failed, Skipped
from joserfc.jwk import ECKey

from services.identity.commands.secrets import digest
from services.identity.domain.clients import CLIENT_CREDENTIALS, Client
from shared.auth.assertions import assertion
from shared.auth.keys import generate
from tests.benchmarks.loading import Cost, answer, load, post
from tests.support import postgres
from tests.support.clients.having import free_port, npm_packages
from tests.support.databases import administer
from tests.support.identity import BASE, ISSUER, running_identity

TURNS = 3
SECRET = "s" * 43
KINDS = (
    "tokens by secret",
    "tokens by key",
    "introspections by secret",
    "introspections by key",
)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Side:
    """A server under way, and how its requests look."""

    name: str
    port: int
    pid: int
    issuer: str
    token: str
    introspect: str
    resource: str
    key: ECKey
    introspected: str = ""
    introspected_by_key: str = ""

    def requests(self, kind: str, count: int) -> list[bytes]:
        """That many requests of a kind; each assertion is good once."""
        if kind == "tokens by key":
            return [self.by_key() for _ in range(count)]
        if kind == "introspections by key":
            return [self.asking_by_key() for _ in range(count)]
        one = self.by_secret(self.resource) if kind == "tokens by secret" else self.asking()
        return [one] * count

    def by_secret(self, resource: str) -> bytes:
        """A token request with HTTP Basic."""
        form = {"grant_type": "client_credentials", "scope": "catalogue.read"}
        named = form | ({"resource": resource} if resource else {})
        return post(self.token, named, Authorization=_basic("secret"))

    def by_key(self) -> bytes:
        """A token request with a fresh assertion."""
        form = {
            "grant_type": "client_credentials",
            "scope": "catalogue.read",
            "resource": self.resource,
        }
        return post(self.token, form | self._proof())

    def asking(self) -> bytes:
        """An introspection of a token that is active."""
        form = {"token": self.introspected}
        return post(self.introspect, form, Authorization=_basic("secret"))

    def asking_by_key(self) -> bytes:
        """The same by a client that proves itself with a fresh assertion."""
        return post(self.introspect, {"token": self.introspected_by_key} | self._proof())

    def _proof(self) -> dict[str, str]:
        signed = assertion("key", self.key, self.issuer)
        return {"client_assertion_type": _ASSERTION, "client_assertion": signed}

    async def prepare(self, *, opaque: bool) -> None:
        """Get the token that is introspected, and see that it is."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        got = await answer(reader, writer, self.by_secret("" if opaque else self.resource))
        self.introspected = json.loads(got)["access_token"]
        told = json.loads(await answer(reader, writer, self.asking()))
        self.introspected_by_key = self.introspected
        if not opaque:  # ours is asked by the token's own client or its audience only
            got = await answer(reader, writer, self.by_key())
            self.introspected_by_key = json.loads(got)["access_token"]
        told_too = json.loads(await answer(reader, writer, self.asking_by_key()))
        writer.close()
        if not (told["active"] and told_too["active"]):
            raise RuntimeError(f"{self.name} does not introspect: {told} {told_too}")


@asynccontextmanager
async def ours(name: str, folder: Path, database_url: str, key: ECKey) -> AsyncGenerator[Side]:
    """Identity as it is served, with two clients."""
    by_secret = Client(
        id="secret",
        name="secret",
        auth_method="client_secret_basic",
        secret_hash=digest(SECRET),
        grant_types=frozenset({CLIENT_CREDENTIALS}),
        own_scopes=frozenset({"catalogue.read"}),
    )
    keys = {"keys": [key.as_dict(private=False)]}
    by_key = replace(by_secret, id="key", auth_method="private_key_jwt", jwks=keys)
    async with running_identity(folder, database_url) as world:
        await world.register(by_secret)
        await world.register(replace(by_key, secret_hash=None))
    port = free_port()
    environment = os.environ | {
        "TONGBAN_ENVIRONMENT": "onebox",
        "PUBLIC_BASE": BASE,
        "EVENTS_URL": f"sqlite:///{folder}/events.db",
        "KEYS_FOLDER": f"{folder}/keys",
        "IDENTITY_DATABASE_URL": database_url,
    }
    command = [sys.executable, "-m", "services.identity", "serve", "--port", str(port)]
    with process(command, environment) as pid:
        await listening(port)
        side = Side(name, port, pid, ISSUER, "/identity/token", "/identity/introspect",
                    f"{BASE}/api/catalogue", key)  # fmt: skip
        await side.prepare(opaque=False)
        yield side


@asynccontextmanager
async def oidc_provider(folder: Path, key: ECKey) -> AsyncGenerator[Side]:
    """npm's oidc-provider, with its clients and tokens in memory."""
    port, keys, script = free_port(), folder / "keys.json", folder / "oidc_provider.mjs"
    signing = {**generate().as_dict(private=True), "use": "sig", "alg": "ES256"}
    given = {"signing": signing, "client": key.as_dict(private=False), "secret": SECRET}
    keys.write_text(json.dumps(given))
    (folder / "node_modules").symlink_to(npm_packages())
    script.write_text((Path(__file__).parent / "peers" / "oidc_provider.mjs").read_text())
    environment = os.environ | {"NODE_ENV": "production"}
    with process(["node", str(script), str(port), str(keys)], environment) as pid:
        await listening(port)
        side = Side("oidc-provider", port, pid, f"http://127.0.0.1:{port}", "/token",
                    "/token/introspection", f"{BASE}/api/catalogue", key)  # fmt: skip
        await side.prepare(opaque=True)
        yield side


@contextmanager
def process(command: list[str], environment: dict[str, str]) -> Iterator[int]:
    """A server of its own, ended with the block."""
    started = subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started.pid
    finally:
        started.terminate()
        started.wait(20)


async def listening(port: int) -> None:
    """Wait until somebody answers there."""
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError("the server did not start")


def _basic(client: str) -> str:
    return "Basic " + base64.b64encode(f"{client}:{SECRET}".encode()).decode()


async def measured(sides: list[Side], seconds: float) -> dict[str, dict[str, list[Cost]]]:
    """Each kind on each side in turn, as often as there are turns; the first turn only warms."""
    found: dict[str, dict[str, list[Cost]]] = {k: {s.name: [] for s in sides} for k in KINDS}
    for kind in KINDS:
        counts = {side.name: 400 for side in sides}
        for turn in range(TURNS + 1):
            for side in sides:
                cost = await load(side.port, side.pid, side.requests(kind, counts[side.name]))
                counts[side.name] = max(400, round(cost.per_second * seconds))
                if turn:
                    found[kind][side.name].append(cost)
    return found


def summed(found: dict[str, dict[str, list[Cost]]]) -> dict[str, object]:
    """Medians a CPU second, and the ratio to oidc-provider where it ran."""
    told: dict[str, object] = {}
    for kind, sides in found.items():
        rate: Callable[[list[Cost]], float] = lambda costs: median(c.per_cpu_second for c in costs)  # noqa: E731
        peer = sides.get("oidc-provider")
        for name, costs in sides.items():
            told[f"{kind}, {name}: a CPU second"] = round(rate(costs))
            told[f"{kind}, {name}: a second"] = round(median(c.per_second for c in costs))
            if peer and costs is not peer:
                pairs = zip(costs, peer, strict=True)
                ratio = median(a.per_cpu_second / b.per_cpu_second for a, b in pairs)
                told[f"{kind}, {name}: ratio to oidc-provider"] = round(ratio, 2)
    return told


async def main() -> None:
    """Print what was found as one JSON object."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    key = generate()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        for name in ("node", "postgresql", "sqlite"):
            (folder / name).mkdir()
        sides = []
        try:
            sides.append(await stack.enter_async_context(oidc_provider(folder / "node", key)))
        except (Skipped, Failed) as missing:
            sys.stdout.write(f"without oidc-provider: {missing}\n")
        server = stack.enter_context(postgres.server())
        await administer(server, "CREATE DATABASE identity")
        at = folder / "postgresql"
        sides.append(
            await stack.enter_async_context(ours("postgresql", at, f"{server}/identity", key))
        )
        at = folder / "sqlite"
        url = f"sqlite:///{at}/identity.db"
        sides.append(await stack.enter_async_context(ours("sqlite", at, url, key)))
        told = summed(await measured(sides, seconds))
    sys.stdout.write(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode() + "\n")


if __name__ == "__main__":
    asyncio.run(main())
