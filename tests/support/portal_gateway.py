"""A small gateway for the portal's tests: services that answer as the real ones do, from memory."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shared import clock
from tests.support.tokens import Issuer

BASE = "http://localhost:8000"
Json = dict[str, Any]
PERSON: Json = {
    "id": "psn_0190a1b2",
    "login_name": "zhangruoxi",
    "name": "张若溪",
    "id_number": "990102199603140423",
    "phone": "19900000001",
    "email": None,
    "level": 3,
    "acting_for": None,
    "may_act_for": [],
}
_FITS = {
    "draft": ["submit", "withdraw"],
    "submitted": ["accept", "refuse", "request-correction", "withdraw"],
    "correcting": ["correct", "withdraw"],
    "accepted": ["decide", "withdraw"],
    "decided": ["deliver"],
}
_LEADS = {
    "submit": "submitted", "accept": "accepted", "refuse": "refused", "decide": "decided",
    "request-correction": "correcting", "correct": "submitted", "deliver": "delivered",
    "withdraw": "withdrawn",
}  # fmt: skip
_APPLICANT = {"submit", "correct", "withdraw"}


def problem(status: int, slug: str, **more: Any) -> JSONResponse:
    """A problem as services answer it."""
    body = {"type": f"{BASE}/problems/{slug}", "title": slug, "status": status, "detail": slug}
    return JSONResponse(body | more, status, media_type="application/problem+json")


class PortalGateway:
    """Identity, catalogue, cases and exchange; `down` names what does not answer."""

    def __init__(self, items: list[Json], departments: list[Json], regions: list[Json]) -> None:
        self.items = {item["code"]: item for item in items}
        self.departments, self.regions = departments, regions
        self.records: dict[str, Json] = {}
        self.cases: dict[str, Json] = {}
        self.me = dict(PERSON)
        self.log: list[Json] = []
        self.down: set[str] = set()
        self.calls: list[tuple[str, str, Json]] = []
        self.answers: dict[str, Json] = {}
        self.issuer = Issuer(f"{BASE}/identity")
        self.codes: dict[str, Json] = {}
        self.refuses_login = False
        self.scope: str | None = None
        self.login_over = False
        self.revoked: set[str] = set()
        self.issued: list[str] = []
        self.changes: Json = {}
        self.refused: Json | None = None
        self.upstreams: dict[str, str] = {"portal": "ready"}
        self.app = Starlette(routes=self._routes())

    def _routes(self) -> list[Route]:
        identity = "/identity"
        return [
            Route(f"{identity}/.well-known/openid-configuration", self.discovery),
            Route(f"{identity}/jwks", self.jwks),
            Route(f"{identity}/authorize", self.authorize),
            Route(f"{identity}/token", self.token, methods=["POST"]),
            Route(f"{identity}/end_session", lambda _: RedirectResponse(f"{BASE}/", 303)),
            Route("/readyz", self.readyz),
            Route("/api/identity/v1/me", self.read_me),
            Route("/api/identity/v1/me/access-log", self.access_log),
            Route("/api/catalogue/v1/items", self.find),
            Route("/api/catalogue/v1/items/{code}", self.item),
            Route("/api/catalogue/v1/items/{code}/versions/{n:int}", self.version),
            Route("/api/catalogue/v1/regions", self.all_regions),
            Route("/api/catalogue/v1/departments", self.all_departments),
            Route("/api/exchange/v1/resources/{code}/query", self.query, methods=["POST"]),
            Route("/api/cases/v1/cases", self.list_cases, methods=["GET"]),
            Route("/api/cases/v1/cases", self.draft, methods=["POST"]),
            Route("/api/cases/v1/tasks", self.tasks),
            Route("/api/cases/v1/cases/{number}", self.read_case),
            Route("/api/cases/v1/cases/{number}/history", self.history),
            Route("/api/cases/v1/cases/{number}/clock", self.clock),
            Route("/api/cases/v1/cases/{number}/form", self.edit, methods=["PUT"]),
            Route("/api/cases/v1/cases/{number}/{act}", self.act, methods=["POST"]),
        ]

    # identity

    async def discovery(self, _: Request) -> Response:
        issuer = self.issuer.issuer
        names = {"authorization": "authorize", "token": "token", "end_session": "end_session"}
        found = {f"{name}_endpoint": f"{issuer}/{path}" for name, path in names.items()}
        return JSONResponse({"issuer": issuer, "jwks_uri": f"{issuer}/jwks", **found})

    async def jwks(self, _: Request) -> Response:
        return JSONResponse(await self.issuer.jwks())

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        answer = {"state": asked["state"], "iss": self.issuer.issuer}
        if self.refuses_login:
            answer["error"] = "access_denied"
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            answer["code"] = code
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    async def token(self, request: Request) -> Response:
        form = dict(await request.form())
        self.calls.append(("POST", "/identity/token", form))
        if form["grant_type"] == "refresh_token" and self.login_over:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if form["grant_type"] == "refresh_token":
            return JSONResponse(self._tokens({}, form["refresh_token"]))
        asked = self.codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(self._tokens({"nonce": asked["nonce"]}, "first"))

    def revoke_tokens(self, *, login_over: bool) -> None:
        """No token given so far opens anything; `login_over`: nor is there a next one."""
        self.revoked.update(self.issued)
        self.login_over = login_over

    def _tokens(self, more: Json, before: object) -> Json:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer.issuer, "sub": PERSON["id"], "aud": "portal", "iat": now,
            "exp": now + 300,
        }  # fmt: skip
        key = self.issuer.key
        header = {"alg": "ES256", "typ": "JWT", "kid": key.kid}
        proof = Issuer.sign(header, claims | more | self.changes, key)
        access = f"access-{secrets.token_hex(4)}"
        refresh = f"{before}+"
        self.issued.append(f"Bearer {access}")
        return {"access_token": access, "refresh_token": refresh, "id_token": proof,
                "expires_in": 300, "token_type": "Bearer", "scope": self.scope}  # fmt: skip

    async def read_me(self, request: Request) -> Response:
        if (away := self._away(request, "identity")) is not None:
            return away
        if request.query_params.get("purpose") == "prefill":
            return JSONResponse(self.me)
        return JSONResponse(self.me | {"id_number": "990102********0423", "phone": "199****0001"})

    async def access_log(self, request: Request) -> Response:
        return self._away(request, "identity") or JSONResponse({"items": self.log, "next": None})

    async def readyz(self, _: Request) -> Response:
        return JSONResponse({"status": "ready", "upstreams": self.upstreams})

    # catalogue

    async def find(self, request: Request) -> Response:
        if (away := self._away(request, "catalogue")) is not None:
            return away
        asked = request.query_params
        found = []
        for item in self.items.values():
            why = self._why(item, asked.get("q", ""))
            if why is False or not self._fits(item, asked):
                continue
            found.append(self._summary(item) | {"why": why or None})
        limit = int(asked.get("limit", 20))
        return JSONResponse({"items": found[:limit], "next": None})

    async def item(self, request: Request) -> Response:
        item = self.items.get(request.path_params["code"])
        if (away := self._away(request, "catalogue")) is not None:
            return away
        if item is None:
            return problem(404, "item-not-found", detail="没有这个事项。")
        taken = ("item_type", "use_level", "project_type", "visits_reason", "fee", "result")
        detail = {name: item.get(name) for name in (*taken, "guide", "effective")}
        return JSONResponse(
            self._summary(item)
            | detail
            | {"materials": item.get("materials") or [], "has_form": bool(item.get("form"))}
        )

    async def version(self, request: Request) -> Response:
        item = self.items[request.path_params["code"]]
        return self._away(request, "catalogue") or JSONResponse(
            {"code": item["code"], "version": 1, "effective": item["effective"],
             "status": "published", "item": item}
        )  # fmt: skip

    async def all_regions(self, request: Request) -> Response:
        return self._away(request, "catalogue") or JSONResponse({"items": self.regions})

    async def all_departments(self, request: Request) -> Response:
        known = [one | {"contact": one} for one in self.departments]
        return self._away(request, "catalogue") or JSONResponse({"items": known})

    def _why(self, item: Json, words: str) -> Json | bool:
        if not words:
            return {}
        for keyword in item.get("keywords", ()):
            if words in keyword or keyword in words:
                return {"field": "keyword", "text": keyword}
        return {"field": "name", "text": item["name"]} if words in item["name"] else False

    def _fits(self, item: Json, asked: Any) -> bool:
        wanted = {
            "audience": asked.get("audience") in (None, *item.get("audience", ())),
            "theme": asked.get("theme") in (None, *item.get("themes", ())),
            "department": asked.get("department") in (None, item["department"]),
            "appliable": asked.get("appliable") != "true" or bool(item.get("form")),
        }
        return all(wanted.values())

    def _summary(self, item: Json) -> Json:
        taken = ("code", "name", "summary", "region", "audience", "themes", "online_depth",
                 "visits", "link")  # fmt: skip
        promise = None
        if item.get("promise_days") is not None:
            promise = {"days": item["promise_days"], "statutory_days": item.get("statutory_days")}
        return {name: item.get(name) for name in taken} | {
            "department": {"code": item["department"], "name": self._name(item["department"])},
            "promise": promise,
            "version": item.get("version", 1),
            "status": "published" if item.get("guide") else "listed",
        }

    def _name(self, department: str) -> str:
        return next((one["name"] for one in self.departments if one["code"] == department), "")

    # exchange

    async def query(self, request: Request) -> Response:
        resource = request.path_params["code"].replace(".", "/")
        body = await request.json()
        self.calls.append(("POST", request.url.path, body))
        if resource in self.down or "exchange" in self.down:
            return problem(503, "source-unavailable")
        if resource not in self.records:
            return problem(404, "no-record")
        record = self.records[resource]
        return JSONResponse({
            "values": {name: record["values"].get(name) for name in body["fields"]},
            "source": {"resource": resource, "owner": record["owner"], "as_of": record["as_of"],
                       "basis": record["basis"], "call": f"cal_{len(self.calls):08d}"},
        })  # fmt: skip

    # cases

    async def list_cases(self, request: Request) -> Response:
        found = [self._view(case) for case in reversed(self.cases.values())]
        if request.query_params.get("open") == "true":
            found = [one for one in found if one["status"] in _FITS]
        return self._away(request, "cases") or JSONResponse({"items": found, "next": None})

    async def tasks(self, request: Request) -> Response:
        wanted = request.query_params.getlist("status") or ["submitted", "accepted", "decided"]
        found = [self._view(case) | {"left": 4 - n * 2} for n, case in
                 enumerate(self.cases.values()) if case["status"] in wanted]  # fmt: skip
        return self._away(request, "cases") or JSONResponse({"items": found, "next": None})

    async def draft(self, request: Request) -> Response:
        body = await request.json()
        self.calls.append(("POST", request.url.path, body))
        if (away := self._away(request, "cases")) is not None:
            return away
        key = request.headers["idempotency-key"]
        if key not in self.answers:
            item = self.items[body["item"]]
            number = f"99010200000020261121001{len(self.cases) + 1:06d}8"
            case = {"number": number, "item": item, "form": body["form"], "status": "draft",
                    "version": 1, "history": [], "correction": None, "decision": None}  # fmt: skip
            self.cases[number] = case
            self._tell(case, "start", "applicant")
            self.answers[key] = self._receipt(case)
        return JSONResponse(self.answers[key], 201)

    async def edit(self, request: Request) -> Response:
        case = self.cases[request.path_params["number"]]
        if request.headers["if-match"] != f'"{case["version"]}"':
            return problem(412, "precondition-failed", version=case["version"])
        case["form"] = (await request.json())["form"]
        case["version"] += 1
        return JSONResponse(self._receipt(case))

    async def act(self, request: Request) -> Response:
        act, case = request.path_params["act"], self.cases[request.path_params["number"]]
        body, key = await request.json(), request.headers["idempotency-key"]
        self.calls.append(("POST", request.url.path, body))
        if (away := self._away(request, "cases")) is not None:
            return away
        if self.refused is not None:
            refused, self.refused = self.refused, None
            return problem(**refused)
        if key in self.answers:
            return JSONResponse(self.answers[key])
        expected = request.headers.get("if-match")
        if expected not in (None, f'"{case["version"]}"'):
            told = {"changed_by": "stf_0190a1b2c3d4", "changed_at": clock.rfc3339(clock.now())}
            return problem(412, "precondition-failed", version=case["version"], **told)
        if act not in _FITS.get(case["status"], ()):
            return problem(409, "act-not-allowed", detail="办件当前状态不能这样办")
        self._do(case, act, body)
        self.answers[key] = self._receipt(case)
        return JSONResponse(self.answers[key])

    async def read_case(self, request: Request) -> Response:
        case = self.cases.get(request.path_params["number"])
        if (away := self._away(request, "cases")) is not None:
            return away
        if case is None:
            return problem(404, "not-found", detail="没有这个办件，或您无权查看。")
        return JSONResponse(self._view(case, full=True))

    async def history(self, request: Request) -> Response:
        case = self.cases[request.path_params["number"]]
        lines = {"number": case["number"], "lines": case["history"]}
        return self._away(request, "cases.history") or JSONResponse(lines)

    async def clock(self, request: Request) -> Response:
        case = self.cases[request.path_params["number"]]
        line = {"kind": "answer", "basis": "行政许可法第三十二条", "begins": "2026-11-21",
                "days": 5, "used": 1, "left": 4, "due": "2026-11-27",
                "state": "running"}  # fmt: skip
        deadlines = [] if case["status"] == "draft" else [line]
        return JSONResponse({"deadlines": deadlines, "standing": False, "stops": []})

    def _do(self, case: Json, act: str, body: Json) -> None:
        case["status"] = _LEADS[act]
        case["version"] += 1
        if act == "request-correction":
            case["correction"] = {**body, "repeated": False}
        if act == "correct":
            case["form"] |= body["form"]
        if act in ("decide", "refuse"):
            given = {"outcome": None, "ground": None, "referral": None, "result": "",
                     "reasons": "", "remedies": ""}  # fmt: skip
            case["decision"] = given | body
        words = {name: text for name, text in body.items() if name in ("note", "reasons") and text}
        self._tell(case, act, "applicant" if act in _APPLICANT else "staff", words)

    def _tell(self, case: Json, act: str, kind: str, words: Json | None = None) -> None:
        case["history"].append({
            "seq": case["version"], "act": act, "actor": "stf_0190a1b2c3d4", "actor_kind": kind,
            "at": clock.rfc3339(clock.now()), "facts": {}, "words": words, "version": 1,
        })  # fmt: skip

    def _receipt(self, case: Json) -> Json:
        taken = ("number", "status", "version")
        return {name: case[name] for name in taken} | {"fits": _FITS.get(case["status"], [])}

    def _view(self, case: Json, *, full: bool = False) -> Json:
        item, status = case["item"], case["status"]
        now = clock.rfc3339(clock.now())
        due = "2026-11-27" if status in ("submitted", "accepted", "decided") else None
        view = {
            "number": case["number"],
            "status": status,
            "version": case["version"],
            "item": {"code": item["code"], "version": 1, "name": item["name"]},
            "department": {"code": item["department"], "name": self._name(item["department"])},
            "region": item["region"],
            "due": {"promised": "2026-12-02" if status == "accepted" else None},
            "due_next": due,
            "submitted_at": None if status == "draft" else now,
            "corrections": 0,
        }
        if not full:
            return view
        who = "applicant" if status in ("draft", "correcting") else "department"
        known = {"applicant": {"name": PERSON["name"]}}
        return view | {
            "next": {"who": who, "text": "部门正在核对材料，到期未答复即视为受理。", "until": due},
            "acts": _FITS.get(status, []),
            "correction": case["correction"],
            "decision": case["decision"],
            "form": case["form"],
            "applicant": {"type": "person", "id": PERSON["id"], "known": known, "pending": False},
            "provenance": self._provenance(case),
        }

    def _provenance(self, case: Json) -> Json:
        marks: Json = {}
        for name, part in case["item"]["form"]["properties"].items():
            source = part.get("x-prefill") or {}
            if source.get("trust") == "authoritative" and name in case["form"]:
                silent = source["source"] in self.down
                marks[name] = (
                    {"state": "self_declared", "source": source["source"],
                     "reason": "source_unavailable"}
                    if silent
                    else {"state": "authoritative", "source": source["source"],
                          "call": "cal_00000007", "as_of": "2026-11-20"}
                )  # fmt: skip
        return marks

    def _away(self, request: Request, service: str) -> Response | None:
        if service in self.down:
            return problem(503, "service-unavailable")
        if request.url.path.startswith(("/api/cases", "/api/identity")):
            token = request.headers.get("authorization", "")
            if token in self.revoked or not token.startswith("Bearer access-"):
                return problem(401, "invalid-token", detail="令牌无效：the token was revoked。")
        return None
