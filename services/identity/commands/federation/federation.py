"""Federation as endpoints and pages see it, put together once when the service starts."""

from collections.abc import Callable
from dataclasses import dataclass

from services.identity.clients.upstreams import Fetching, Providers
from services.identity.commands.begin import BeginLogin
from services.identity.commands.federation.arriving import Arriving
from services.identity.commands.federation.configuring import ConfigureUpstream
from services.identity.commands.federation.going import Going
from services.identity.commands.federation.leaving import Leaving
from services.identity.commands.federation.linking import Linking
from services.identity.commands.federation.proving import Proving
from services.identity.commands.federation.returning import Returning
from services.identity.commands.records import Records
from services.identity.commands.secrets import Derived
from services.identity.commands.signing import SigningKeys
from services.identity.domain.upstreams import Upstream
from services.identity.settings import Settings
from services.identity.store.people import People
from services.identity.store.upstream_visits import UpstreamVisits
from services.identity.store.upstreams import Upstreams
from shared.crypto import Keyring
from shared.db import Database
from shared.http import Guard, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """Every part by its name."""

    db: Database
    store: Upstreams
    visits: UpstreamVisits
    providers: Providers
    configure: ConfigureUpstream
    going: Going
    returning: Returning
    arriving: Arriving
    linking: Linking
    leaving: Leaving

    async def enabled(self) -> list[Upstream]:
        """The upstreams by which somebody can log in, in the order of their codes."""
        async with self.db.read() as connection:
            known = await self.store.all(connection)
        return [one.upstream for one in known if one.upstream.enabled]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The records of federation, which others of the provider's parts need first."""

    upstreams: Upstreams
    visits: UpstreamVisits
    linking: Linking


def open_stores(
    db: Database, people: People, records: Records, keyring: Callable[[], Keyring]
) -> Stores:
    """`keyring` is asked for when the first field is sealed or opened."""
    upstreams, visits = Upstreams(keyring), UpstreamVisits(keyring)
    return Stores(
        upstreams=upstreams,
        visits=visits,
        linking=Linking(db, upstreams, visits, people, records),
    )


def federate(
    settings: Settings,
    db: Database,
    stores: Stores,
    *,
    people: People,
    records: Records,
    keys: SigningKeys,
    derived: Derived,
    begin: BeginLogin,
) -> Federation:
    """The parts of federation."""
    issuer, store, visits = settings.issuer, stores.upstreams, stores.visits

    async def secret(code: str) -> str | None:
        async with db.read() as connection:
            return await store.secret(connection, code)

    providers = _providers(settings)
    proving = Proving(keys, secret)
    return Federation(
        db=db,
        store=store,
        visits=visits,
        providers=providers,
        configure=ConfigureUpstream(store, records, issuer),
        going=Going(db, store, visits, providers, derived, issuer),
        returning=Returning(db, store, visits, providers, derived, proving, issuer),
        arriving=Arriving(db, store, visits, people, begin, stores.linking, records),
        linking=stores.linking,
        leaving=Leaving(db, store, visits, providers, records, issuer),
    )


def _providers(settings: Settings) -> Providers:
    guard = Guard(
        Limits(
            networks=tuple(settings.upstream_networks),
            ports=settings.upstream_ports,
            loopback=settings.onebox,
        )
    )
    fetching = Fetching(guard, settings.upstream_seconds, settings.upstream_authorities)
    return Providers(fetching, loopback_http=settings.onebox)
