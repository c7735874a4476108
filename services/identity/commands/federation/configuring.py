"""Configuring upstream providers: an administrative change, with its evidence."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncConnection

from services.identity.commands.records import Records
from services.identity.domain.errors import Invalid, NotAllowed
from services.identity.domain.upstreams import Upstream
from services.identity.store.upstreams import Configured, Upstreams
from shared.clock import now

_SHORTEST_SECRET = 16


class ConfigureUpstream:
    """The act; it runs in the caller's transaction."""

    def __init__(self, store: Upstreams, records: Records, issuer: str) -> None:
        """`issuer` is our own: an upstream must never know us by it, for we sign as both."""
        self._store = store
        self._records = records
        self._issuer = issuer

    async def __call__(
        self, tx: AsyncConnection, upstream: Upstream, secret: str | None, *, by: str
    ) -> Configured:
        """Store the definition; the secret stays as it is when none is given."""
        if self._issuer in (upstream.client_id, upstream.issuer):
            raise Invalid(
                "issuer",
                "上游不能是本平台自己。",
                "The upstream must be another than this provider.",
            )
        known = await self._store.find(tx, upstream.code, lock=True)
        if known is not None and known.upstream.issuer != upstream.issuer:
            raise NotAllowed(
                "已有账户按原来的上游关联，不能换成另一个：请用新的代码登记。",
                "Accounts are linked to the issuer as it was: register the other by a new code.",
            )
        has_secret = secret is not None or (known is not None and known.has_secret)
        if upstream.auth_method != "private_key_jwt" and not has_secret:
            raise Invalid(
                "secret", "这种认证方式需要密钥。", "This authentication method needs a secret."
            )
        if secret is not None and len(secret) < _SHORTEST_SECRET:
            raise Invalid("secret", "密钥至少 16 位。", "The secret has at least 16 characters.")
        await self._store.put(tx, upstream, secret, by, now())
        facts = {**asdict(upstream), "secret_changed": secret is not None}
        await self._records.prove(tx, "configure_upstream", upstream.code, by, facts)
        configured = await self._store.find(tx, upstream.code)
        assert configured is not None  # noqa: S101 - it was stored a moment ago
        return configured
