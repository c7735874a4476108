import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.gateways import Running, Start

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Item(BaseModel):
    code: str


class Case(BaseModel):
    number: str
    items: list[Item]


def service(kind: type[BaseModel], path: str) -> FastAPI:
    app = FastAPI(title=f"{path} service")

    @app.get(f"/v1/{path}/{{code}}", summary=f"Read one of {path}")
    async def read(code: str, full: bool = False) -> kind:  # type: ignore[valid-type]
        return kind.model_construct()

    @app.post(f"/v1/{path}", status_code=201, summary=f"Add to {path}")
    async def add(body: kind) -> kind:  # type: ignore[valid-type]
        return body

    @app.get("/healthz")
    async def healthz() -> None:
        return None

    return app


APPS: dict[str, ASGIApp | None] = {
    "catalogue": service(Item, "items"),
    "cases": service(Case, "cases"),
    "exchange": None,
}


async def test_the_documents_are_joined_under_their_public_paths(start: Start) -> None:
    running = await start(upstreams=APPS)
    document = (await running.client.get("/api/openapi.json")).json()
    assert set(document["paths"]) == {
        "/api/cases/v1/cases",
        "/api/cases/v1/cases/{code}",
        "/api/catalogue/v1/items",
        "/api/catalogue/v1/items/{code}",
    }
    validate(document)


async def test_names_of_two_services_do_not_collide(start: Start) -> None:
    running = await start(upstreams=APPS)
    schemas = (await running.client.get("/api/openapi.json")).json()["components"]["schemas"]
    assert {"cases.Item", "catalogue.Item", "cases.Case"} <= set(schemas)
    reference = schemas["cases.Case"]["properties"]["items"]["items"]["$ref"]
    assert reference == "#/components/schemas/cases.Item"


async def test_a_service_that_is_down_is_named(start: Start) -> None:
    running = await start(upstreams={**APPS, "identity": None})
    document = (await running.client.get("/api/openapi.json")).json()
    assert document["x-unavailable"] == ["exchange", "identity"]
    page = (await running.client.get("/api/docs", headers={"accept-language": "en"})).text
    assert "do not answer now" in page
    assert "exchange, identity" in page


async def test_the_page_lists_every_operation_without_script(start: Start) -> None:
    running = await start(upstreams=APPS)
    answer = await running.client.get("/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    for text in (
        "/api/catalogue/v1/items/{code}",
        "Read one of items",
        "Add to cases",
        "<code>full</code>",
        "必填",
        "&#34;number&#34;: &#34;string&#34;",
    ):
        assert text in answer.text
    assert "<script" not in answer.text
    assert "style=" not in answer.text


async def test_the_page_keeps_a_strict_policy(start: Start) -> None:
    running = await start(upstreams=APPS)
    answer = await running.client.get("/api/docs")
    policies = answer.headers.get_list("content-security-policy")
    assert policies[0].startswith("default-src 'none'; style-src 'self'")
    assert policies[1] == "frame-ancestors 'none'"
    stylesheet = await running.client.get("/api/docs.css")
    assert stylesheet.headers["content-type"].startswith("text/css")


async def test_what_a_service_writes_is_escaped(start: Start) -> None:
    app = FastAPI(title="<script>alert(1)</script>")
    running = await start(upstreams={"cases": app, "catalogue": app})
    assert "<script>" not in (await running.client.get("/api/docs")).text


async def test_a_document_that_is_none_counts_as_unavailable(start: Start) -> None:
    async def nonsense(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"<html>"})

    running = await start(upstreams={"cases": nonsense})
    document = (await running.client.get("/api/openapi.json")).json()
    assert "cases" in document["x-unavailable"]


async def test_only_reading_is_offered(running: Running) -> None:
    answer = await running.client.post("/api/docs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
