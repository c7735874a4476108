"""Subscriptions: made, changed, paused, resumed, replayed, removed, each with its evidence."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.exchange.commands.problems import no_dead_letter, no_subscription
from services.exchange.domain import SECRET_BYTES, Pause, secret_of
from services.exchange.events import SubscriptionPaused
from services.exchange.store import Clients, Feed, Queue, SigningVault, Subscriptions
from shared.clock import now
from shared.events import Outbox
from shared.evidence import Evidence
from shared.http import AddressRefused, Guard
from shared.ids import new_id
from shared.policy import Denied
from shared.web import InvalidFields, Text
from shared.web.problems import Conflict

_REFUSED = {
    "not_a_url": "不是可用的网址 (not a usable URL)",
    "https_required": "须为 https:// (https is required)",
    "no_login_in_url": "网址中不得带账号 (no user name or password in the URL)",
    "port_not_allowed": "不允许这个端口 (this port is not allowed)",
    "host_unknown": "主机名无法解析 (the host cannot be resolved)",
    "address_not_allowed": (
        "指向不允许的地址，内网地址须由运维人员列入 EXCHANGE_WEBHOOK_NETWORKS "
        "(the address is not allowed; operators list private networks there)"
    ),
}


_NOT_FILLING: dict[str, Any] = {"filled": None, "fill_until": None}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose subscription it is: a client system of a department."""

    client: str
    department: str


class Subscribing:
    """Acts in the caller's transaction."""

    def __init__(
        self, outbox: Outbox, evidence: Evidence, vault: SigningVault, guard: Guard, most: int
    ) -> None:
        """`most`: how many subscriptions a client may have."""
        self._outbox = outbox
        self._evidence = evidence
        self._vault = vault
        self._guard = guard
        self._most = most

    async def require_reachable(self, url: str) -> None:
        """Refuse a URL to which no webhook may go; call it before the transaction opens."""
        try:
            await self._guard.check(url)
        except AddressRefused as refused:
            error = {"pointer": "/url", "detail": _REFUSED[refused.reason]}
            raise InvalidFields([error]) from refused

    async def make(
        self, tx: AsyncConnection, owner: Owner, wants: Mapping[str, Any], since: datetime | None
    ) -> str:
        """A new subscription, to events from now on or since a moment; gives its id."""
        await self._require_right(tx, owner)
        head = await Feed(tx).lock()
        if await Subscriptions(tx).count(owner.client) >= self._most:
            raise Conflict(
                Text(
                    f"一个接入系统最多 {self._most} 个订阅。",
                    f"A client system has {self._most} subscriptions at most.",
                )
            )
        subscription, moment = new_id("sub"), now()
        row = {
            **wants,
            "id": subscription,
            "client": owner.client,
            "department": owner.department,
            "secret": self._vault.seal(subscription, _new_secret()),
            "secret_version": 1,
            "created_at": moment,
            "changed_at": moment,
            "changed_by": owner.client,
        }
        if since is not None and (start := await Feed(tx).before(since)) < head:
            row |= {"filled": start, "fill_until": head}
        await Subscriptions(tx).add(row)
        await self._prove(tx, "make", subscription, owner.client, _told(wants))
        return subscription

    async def change(
        self, tx: AsyncConnection, row: Row[Any], by: str, wants: Mapping[str, Any]
    ) -> None:
        """Other wants, or another URL, for what comes from now on."""
        await Feed(tx).lock()
        await self._change(tx, row, by, "change", _told(wants), **wants)

    async def rotate(self, tx: AsyncConnection, row: Row[Any], by: str, hours: float) -> None:
        """A new secret; the present one signs beside it for some hours."""
        previous = self._vault.seal(row.id, self._vault.open(row.id, row.secret), previous=True)
        secrets = {
            "secret": self._vault.seal(row.id, _new_secret()),
            "secret_version": row.secret_version + 1,
            "previous_secret": previous,
            "previous_until": now() + timedelta(hours=hours),
        }
        facts = {"secret_version": row.secret_version + 1, "overlap_hours": str(hours)}
        await self._change(tx, row, by, "rotate_secret", facts, **secrets)

    async def pause(self, tx: AsyncConnection, row: Row[Any], by: str) -> None:
        """Send nothing until it is resumed."""
        if row.paused is not None:
            raise Conflict(Text("这个订阅已经暂停。", "This subscription is paused already."))
        await self._change(tx, row, by, "pause", {}, **await _paused(tx, Pause.OWNER))

    async def resume(self, tx: AsyncConnection, row: Row[Any], by: str) -> None:
        """Send again, first what came during the pause."""
        if row.paused is None:
            raise Conflict(Text("这个订阅没有暂停。", "This subscription is not paused."))
        await self._require_right(tx, Owner(row.client, row.department))
        head = await Feed(tx).lock()
        start = min(row.paused_position, head if row.filled is None else row.filled)
        values: dict[str, Any] = {"paused": None, "paused_at": None, "paused_position": None}
        filling = {"filled": start, "fill_until": head} if start < head else _NOT_FILLING
        await self._change(tx, row, by, "resume", {}, **values, **filling)
        await Queue(tx).refresh(row.id, now())
        await Subscriptions(tx).succeeded(row.id)

    async def replay(self, tx: AsyncConnection, row: Row[Any], by: str, since: datetime) -> None:
        """Send again what came since a moment, dead letters among it."""
        head = await Feed(tx).lock()
        start = await Feed(tx).before(since)
        if row.filled is not None:
            start = min(start, row.filled)
        filling = {"filled": start, "fill_until": head} if start < head else _NOT_FILLING
        facts = {"since": since.isoformat()}
        await self._change(tx, row, by, "replay", facts, **filling)

    async def remove(self, tx: AsyncConnection, row: Row[Any], by: str) -> None:
        """Remove it; what waits for it is dropped."""
        await Feed(tx).lock()  # nobody is queueing for it
        await Subscriptions(tx).remove(row.id)
        await self._prove(tx, "remove", row.id, by, {"version": row.version})

    async def revive(self, tx: AsyncConnection, row: Row[Any], by: str, event: str) -> None:
        """Try a dead letter again at once, and then what waits behind it."""
        await Feed(tx).lock()
        letter = await Queue(tx).find_dead(row.id, event)
        if letter is None:
            raise no_dead_letter(event)
        await Queue(tx).revive(row.id, [letter.position], now())
        await self._prove(tx, "replay_dead_letter", row.id, by, {"event": event})

    async def discard(self, tx: AsyncConnection, row: Row[Any], by: str, event: str) -> None:
        """Give a dead letter up for good; what waits behind it goes on."""
        await Feed(tx).lock()
        letter = await Queue(tx).find_dead(row.id, event)
        if letter is None:
            raise no_dead_letter(event)
        await Queue(tx).discard(row.id, letter.position, now())
        await self._prove(tx, "discard_dead_letter", row.id, by, {"event": event})

    async def stop(self, tx: AsyncConnection, subscription: str, why: Pause) -> None:
        """Pause it because its receiver or its right is gone, and tell its owner by an event."""
        row = await Subscriptions(tx).locked(subscription)
        if row is None or row.paused is not None:
            return
        paused = await _paused(tx, why)
        await self._change(tx, row, "exchange", why.value, {}, told=row.told + 1, **paused)
        reason = "gone" if why is Pause.GONE else "withdrawn"
        event = SubscriptionPaused(
            subscription=row.id, client=row.client, department=row.department, why=reason
        )  # fmt: skip
        await self._outbox.add(tx, event, subject=row.id, sequence=row.told + 1)

    async def rights_told(
        self, tx: AsyncConnection, client: str, department: str | None, *, follows: bool
    ) -> None:
        """Identity told what a client may: without the right nothing is sent from now on."""
        await Clients(tx).save(client, department, follows=follows)
        for row in await Subscriptions(tx).of_client(client):
            if not follows or row.department != department:
                await self.stop(tx, row.id, Pause.WITHDRAWN)

    async def _require_right(self, tx: AsyncConnection, owner: Owner) -> None:
        if not await Clients(tx).follows(owner.client, owner.department):
            raise Denied("exchange", "subscribe", "right_withdrawn")

    async def _change(
        self,
        tx: AsyncConnection,
        row: Row[Any],
        by: str,
        act: str,
        facts: Mapping[str, Any],
        **values: Any,
    ) -> None:
        changed = {"changed_at": now(), "changed_by": by, "version": row.version + 1}
        await Subscriptions(tx).change(row.id, **changed, **values)
        await self._prove(tx, act, row.id, by, {"version": row.version + 1, **facts})

    async def _prove(
        self, tx: AsyncConnection, act: str, subscription: str, by: str, facts: Mapping[str, Any]
    ) -> None:
        await self._evidence.record(
            tx, act=f"subscription.{act}", subject=subscription, actor=by, facts=facts
        )


async def present(tx: AsyncConnection, subscription: str, visible: Any) -> Row[Any]:
    """A subscription that one may see, locked for its change."""
    row = await Subscriptions(tx).find(subscription, visible, lock=True)
    if row is None:
        raise no_subscription(subscription)
    return row


async def _paused(tx: AsyncConnection, why: Pause) -> dict[str, Any]:
    head = await Feed(tx).head()
    return {"paused": why.value, "paused_at": now(), "paused_position": head}


def _new_secret() -> str:
    return secret_of(os.urandom(SECRET_BYTES))


def _told(wants: Mapping[str, Any]) -> dict[str, Any]:
    """What the evidence says of the wants: a description may be about anything."""
    return {name: value for name, value in wants.items() if name != "description"}
