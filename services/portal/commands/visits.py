"""A visit: one browser, and the logins in it (a person's own, and at a desk)."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.clients import Away, BadLogin, Ended, Provider, TokenSet
from services.portal.clients.provider import CLIENT, challenge
from services.portal.store import Sealed, Sessions, digest
from shared import clock
from shared.db import Database
from shared.ids import new_id

PERSON, DESK = "person", "desk"
SCOPES = {
    PERSON: "openid identity.self cases.apply cases.read exchange.query catalogue.read",
    # At work: what every room of staff needs. The provider grants of it what the office opens.
    DESK: "openid staff identity.self cases.handle cases.read ops.read ops.manage",
}
HANDLES, OPERATES, DECIDES = "cases.handle", "ops.read", "ops.manage"
_AS_IS: Mapping[str, str] = MappingProxyType({})
_LOGIN_LIFE = timedelta(minutes=10)
_EARLY = 20.0  # seconds before its end in which a token is renewed


@dataclass(frozen=True, slots=True)
class Login:
    """One login and what is shown of it."""

    sub: str
    tokens: TokenSet
    me: dict[str, Any] = field(default_factory=dict)
    sid: str = ""

    def may(self, scope: str) -> bool:
        """Whether the provider granted this right; it names them when it gave less than asked."""
        return self.tokens.scope is None or scope in self.tokens.scope.split()


@dataclass(frozen=True, slots=True)
class Visit:
    """What the portal keeps of a browser; `id` stays the same when its secret is exchanged."""

    id: str
    logins: dict[str, Login]


@dataclass(frozen=True, slots=True)
class Asked:
    """A login that was begun in this browser."""

    role: str
    next: str
    nonce: str
    verifier: str


class Visits:
    """Begins, finds, renews and ends visits."""

    def __init__(
        self,
        db: Database,
        visits: Sealed,
        logins: Sealed,
        provider: Provider,
        *,
        callback: str,
        life: timedelta,
    ) -> None:
        self._db = db
        self._visits = visits
        self._logins = logins
        self._provider = provider
        self._callback = callback
        self._life = life
        self._sessions = Sessions()
        self._renewing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def find(self, secret: str) -> Visit | None:
        """The visit of the browser that holds this secret."""
        if not secret:
            return None
        async with self._db.read() as connection:
            content = await self._visits.find(connection, digest(secret), clock.now())
        return _read(content) if content else None

    async def begin_login(
        self, secret: str, role: str, back: str, prompt: str = "", look: Mapping[str, str] = _AS_IS
    ) -> str:
        """Where to send the browser; the login is bound to it and can be finished once.

        `look`: the language and view in which the provider's pages shall go on.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        asked = {"role": role, "next": back, "nonce": nonce, "verifier": verifier,
                 "browser": digest(secret)}  # fmt: skip
        async with self._db.write() as tx:
            await self._logins.put(tx, digest(state), asked, clock.now() + _LOGIN_LIFE)
        query = {
            "response_type": "code",
            "client_id": CLIENT,
            "redirect_uri": self._callback,
            "scope": SCOPES[role],
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
            **look,
        }
        if prompt:
            query["prompt"] = prompt
        return f"{await self._provider.address('authorization_endpoint')}?{urlencode(query)}"

    async def asked(self, secret: str, state: str, issuer: str) -> Asked:
        """The login that this answer belongs to, taken away; BadLogin when it is not ours."""
        async with self._db.write() as tx:
            content = await self._logins.find(tx, digest(state), clock.now())
            gone = not await self._logins.drop(tx, digest(state))
        if content is None or gone or content.pop("browser") != digest(secret):
            raise BadLogin("this login was not begun in this browser, or is over")
        if issuer != self._provider.issuer:
            raise BadLogin("the answer names another issuer")
        return Asked(**content)

    async def redeem(self, asked: Asked, code: str) -> Login:
        """The login for an authorization code."""
        tokens = await self._provider.redeem(code, asked.verifier, self._callback)
        claims = await self._provider.verified(tokens, asked.nonce)
        return Login(claims["sub"], tokens, sid=str(claims.get("sid", "")))

    async def enter(self, secret: str, role: str, login: Login) -> str:
        """Add the login to the visit; the browser gets a new secret, the old one opens nothing."""
        fresh = secrets.token_hex(32)
        before = await self.find(secret)
        kept = {
            name: other
            for name, other in (before.logins.items() if before else ())
            if other.sub == login.sub
        }
        # A form that was begun for one must not be sent for another: whom a person acts for may
        # change with each login, so the forms of the visit before end with it.
        same = before is not None and len(kept) == len(before.logins) and role == DESK
        visit = Visit(before.id if before and same else new_id("vis"), {**kept, role: login})
        async with self._db.write() as tx:
            await self._drop(tx, digest(secret))
            await self._put(tx, digest(fresh), visit)
        return fresh

    async def token(self, secret: str, role: str) -> str | None:
        """An access token that is good for a while, renewed once however many ask."""
        visit = await self.find(secret)
        login = visit.logins.get(role) if visit else None
        if login is None or not _ends(login):
            return login.tokens.access_token if login else None
        lock = self._renewing.setdefault(digest(secret), asyncio.Lock())
        async with lock:
            return await self._renew(secret, role)

    async def doubt(self, secret: str) -> bool:
        """A service refused a token: ask the provider, and end each login that it ended too.

        True: something was ended, and the browser may go on with what is left.
        """
        visit = await self.find(secret)
        ended = False
        for role, login in visit.logins.items() if visit else ():
            lock = self._renewing.setdefault(digest(secret), asyncio.Lock())
            async with lock:
                ended |= await self._renew(secret, role, login.tokens.access_token) is None
        return ended

    async def leave(self, secret: str) -> tuple[str, str] | None:
        """End the visit; its id, and an ID token of it for the provider's logout."""
        visit = await self.find(secret)
        async with self._db.write() as tx:
            await self._drop(tx, digest(secret))
        if visit is None:
            return None
        proofs = [login.tokens.id_token for login in visit.logins.values()]
        return visit.id, next(iter(proofs), "")

    async def end(self, logout_token: str) -> list[str]:
        """A login has ended at the provider; gives the visits of which nothing is left."""
        ended = await self._provider.logged_out(logout_token)
        gone = []
        async with self._db.write() as tx:
            for key in await self._sessions.visits_of(tx, ended.sub, ended.sid):
                content = await self._visits.find(tx, key, clock.now(), to_change=True)
                visit = _without(_read(content), ended) if content else None
                if visit is None or not visit.logins:
                    await self._drop(tx, key)
                    gone += [visit.id] if visit else []
                else:
                    await self._put(tx, key, visit)
        return gone

    async def logout_address(self, id_token: str, back: str) -> str:
        """Where the browser ends its login at the provider."""
        query = {"client_id": CLIENT, "id_token_hint": id_token, "post_logout_redirect_uri": back}
        return f"{await self._provider.address('end_session_endpoint')}?{urlencode(query)}"

    async def forget(self) -> None:
        """Drop what has expired."""
        async with self._db.write() as tx:
            await self._visits.forget(tx, clock.now())
            await self._sessions.forget(tx, clock.now())
            await self._logins.forget(tx, clock.now())

    async def _put(self, tx: AsyncConnection, key: str, visit: Visit) -> None:
        until = clock.now() + self._life
        await self._visits.put(tx, key, _written(visit), until)
        await self._sessions.keep(tx, key, _sessions(visit), until)

    async def _drop(self, tx: AsyncConnection, key: str) -> None:
        await self._visits.drop(tx, key)
        await self._sessions.keep(tx, key, (), clock.now())

    async def _renew(self, secret: str, role: str, doubted: str = "") -> str | None:
        visit = await self.find(secret)
        login = visit.logins.get(role) if visit else None
        if visit is None or login is None:
            return None
        if not _ends(login) and login.tokens.access_token != doubted:
            return login.tokens.access_token
        try:
            tokens = await self._provider.refresh(login.tokens.refresh_token)
        except BadLogin:
            kept = await self._keep(secret, role, login, None)
            return kept.tokens.access_token if kept else None
        except Away:
            alive = login.tokens.expires_at > clock.now().timestamp()
            return login.tokens.access_token if alive else None
        proof = tokens.id_token or login.tokens.id_token
        renewed = replace(login, tokens=replace(tokens, id_token=proof))
        kept = await self._keep(secret, role, login, renewed)
        return (kept or renewed).tokens.access_token

    async def _keep(self, secret: str, role: str, used: Login, login: Login | None) -> Login | None:
        """Put the login in the place of the used one, and say which one is there now.

        Another instance may have renewed it meanwhile: then that one stays, and its answer counts.
        Or it was refused what this one was given, and took the login out: then it comes back.
        """
        async with self._db.write() as tx:
            now, key = clock.now(), digest(secret)
            content = await self._visits.find(tx, key, now, to_change=True)
            if content is None:
                return None
            visit = _read(content)
            there = visit.logins.get(role)
            if there is not None and there.tokens.refresh_token != used.tokens.refresh_token:
                return there
            logins = {name: one for name, one in visit.logins.items() if name != role}
            if login is not None:
                logins[role] = login
            await self._put(tx, key, replace(visit, logins=logins))
        return login


def _sessions(visit: Visit) -> list[tuple[str, str]]:
    """The provider's sessions behind a visit, by `sid` and `sub`."""
    return sorted({(login.sid, login.sub) for login in visit.logins.values() if login.sid})


def _without(visit: Visit, ended: Ended) -> Visit:
    """The visit without the logins that have ended: those of a session, or all of a person."""
    left = {
        role: login
        for role, login in visit.logins.items()
        if (login.sid != ended.sid if ended.sid else login.sub != ended.sub)
    }
    return replace(visit, logins=left)


def _ends(login: Login) -> bool:
    return login.tokens.expires_at - _EARLY <= clock.now().timestamp()


def _written(visit: Visit) -> dict[str, Any]:
    return {"id": visit.id, "logins": {role: asdict(login) for role, login in visit.logins.items()}}


def _read(content: dict[str, Any]) -> Visit:
    logins = {
        role: Login(one["sub"], TokenSet(**one["tokens"]), one["me"], one.get("sid", ""))
        for role, one in content["logins"].items()
    }
    return Visit(content["id"], logins)
