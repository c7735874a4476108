"""Which path goes to which service, and on what terms: the whole public surface on one page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE

READ = frozenset({"GET", "HEAD", "OPTIONS"})
NOTHING: frozenset[str] = frozenset()
OPERATIONS = frozenset({"ops.read", "ops.manage"})
METRICS = frozenset({"ops.read"})
PORTAL_COOKIES = ("tongban_portal", "tongban_language", "tongban_elder")


_ANSWER_SECONDS = 15.0
_LONG_ANSWER_SECONDS = 35.0


@dataclass(frozen=True, slots=True)
class Route:
    """`prefix` and all below it. `service` None: the gateway answers itself.

    Either the route is open, or a token is needed with one of `scopes`, but for the methods
    in `public`. The service checks again: nothing is trusted because it came through here.
    """

    prefix: str
    service: str | None
    upstream_prefix: str = ""
    scopes: frozenset[str] = NOTHING
    public: frozenset[str] = NOTHING
    audience: bool = False  # whether the token must name this service's API in `aud`
    cookies: tuple[str, ...] = ()  # how the names of the cookies that pass begin
    framable: bool = False  # whether the service itself says who may frame its pages
    body_limit: int = 2 * MEGABYTE
    answer_timeout: float = _ANSWER_SECONDS
    idle_timeout: float = 30.0

    @property
    def open(self) -> bool:
        """Whether no token is asked for."""
        return not self.scopes

    @property
    def is_api(self) -> bool:
        """Whether bearer tokens and no cookies count here."""
        return self.prefix.startswith("/api")

    @property
    def path(self) -> str:
        """The route's name in logs and metrics."""
        return f"{self.prefix.rstrip('/')}/{{rest}}"

    def takes(self, path: str) -> bool:
        """Whether the path is the prefix or lies below it."""
        return path.startswith(self.prefix) and (
            len(path) == len(self.prefix)
            or self.prefix.endswith("/")
            or path[len(self.prefix)] == "/"
        )

    def upstream_path(self, path: str) -> str:
        """The path by which the service knows it."""
        return self.upstream_prefix + path[len(self.prefix) :]


def api(
    service: str,
    *scopes: str,
    public: frozenset[str] = NOTHING,
    answer_timeout: float = _ANSWER_SECONDS,
) -> Route:
    """`/api/<service>/v1/…` to the service's `/v1/…`."""
    return Route(
        prefix=f"/api/{service}/v1",
        service=service,
        upstream_prefix="/v1",
        scopes=OPERATIONS.union(scopes),
        public=public,
        audience=True,
        answer_timeout=answer_timeout,
    )


def unchanged(
    prefix: str, service: str, *, cookies: tuple[str, ...] = (), framable: bool = False
) -> Route:
    """Open to everybody, under the same path at the service."""
    return Route(
        prefix=prefix,
        service=service,
        upstream_prefix=prefix,
        cookies=cookies,
        framable=framable,
        answer_timeout=_LONG_ANSWER_SECONDS,
    )


ROUTES = (
    api("identity", "identity.self", "identity.manage"),
    Route(
        prefix="/api/identity/v1/people",
        service="identity",
        upstream_prefix="/v1/people",
        scopes=OPERATIONS | {"identity.manage"},
        public=frozenset({"POST"}),  # who registers has no token yet
        audience=True,
    ),
    api("catalogue", "catalogue.read", "catalogue.manage", public=READ),
    api("cases", "cases.apply", "cases.handle", "cases.read"),
    api(
        "exchange",
        "exchange.query",
        "exchange.manage",
        "events.read",
        answer_timeout=_LONG_ANSWER_SECONDS,  # the event feed waits for 25 s at most
    ),
    api("traces"),
    unchanged("/identity", "identity", cookies=("tongban_login",)),
    unchanged("/.well-known/oauth-authorization-server/identity", "identity"),
    Route("/api", None),
    Route("/healthz", None),
    Route("/readyz", None),
    Route("/metrics", None, scopes=METRICS),
    unchanged("/", "portal", cookies=PORTAL_COOKIES, framable=True),
)


class Routes:
    """Finds the route of a path: the longest prefix wins."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=lambda route: -len(route.prefix))

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def find(self, path: str) -> Route | None:
        """The route that takes this path, if any does."""
        for route in self._routes:
            if route.takes(path):
                return route
        return None
