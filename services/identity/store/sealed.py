"""Every sealed column of identity, for those who change its data key."""

from services.identity.store.interactions import interactions
from services.identity.store.keys import signing_keys
from services.identity.store.people import SEALED, people
from services.identity.store.pushed_requests import pushed_requests
from services.identity.store.second_factors import code_apps
from services.identity.store.upstream_visits import upstream_logins, upstream_visits
from services.identity.store.upstreams import upstream_links, upstreams
from shared.crypto import SealedColumn, SealedTable

# Indexes are not named: one that is missing hides an unproven phone, and must stay so.
sealed = (
    SealedTable(people, tuple(SealedColumn(name, name) for name in SEALED)),
    SealedTable(signing_keys, (SealedColumn("private", "private"),), ("kid",)),
    SealedTable(code_apps, (SealedColumn("secret", "secret"),), ("person",)),
    SealedTable(upstreams, (SealedColumn("secret", "secret"),), ("code",)),
    SealedTable(upstream_links, (SealedColumn("subject", "subject", "subject_index"),)),
    SealedTable(upstream_visits, (SealedColumn("told", "told"),)),
    SealedTable(upstream_logins, (SealedColumn("id_token", "id_token"),), ("login",)),
    SealedTable(interactions, (SealedColumn("login_hint", "login_hint"),)),
    SealedTable(pushed_requests, (SealedColumn("parameters", "parameters"),), ("hash",)),
)
