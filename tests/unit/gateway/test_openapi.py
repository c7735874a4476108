from typing import Any

from gateway.app.docs import page, shape
from gateway.app.openapi import join
from gateway.routes import api

ROUTES = [api("cases", "cases.read"), api("catalogue", "catalogue.read")]


def document(**changes: Any) -> dict[str, Any]:
    operation = {"operationId": "read", "responses": {"200": {"description": "ok"}}}
    return {"info": {"title": "T"}, "paths": {"/v1/x": {"get": operation}}, **changes}


def joined(**documents: Any) -> dict[str, Any]:
    return join("http://localhost:8000", ROUTES, documents)


def test_paths_outside_of_v1_are_left_out() -> None:
    paths = {"/healthz": {"get": {}}, "/v1/a": {"get": {"responses": {}}}}
    assert set(joined(cases=document(paths=paths))["paths"]) == {"/api/cases/v1/a"}


def test_operation_ids_and_tags_name_the_service() -> None:
    operation = joined(cases=document())["paths"]["/api/cases/v1/x"]["get"]
    assert (operation["operationId"], operation["tags"]) == ("cases.read", ["cases"])


def test_the_same_security_scheme_is_entered_once() -> None:
    scheme = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    whole = joined(cases=document(components=scheme), catalogue=document(components=scheme))
    assert list(whole["components"]["securitySchemes"]) == ["bearer"]


def test_another_scheme_of_the_same_name_gets_a_new_one() -> None:
    one = {"securitySchemes": {"auth": {"type": "http", "scheme": "bearer"}}}
    two = {"securitySchemes": {"auth": {"type": "http", "scheme": "basic"}}}
    whole = joined(
        cases=document(components=one, security=[{"auth": []}]),
        catalogue=document(components=two, security=[{"auth": ["a"]}]),
    )
    assert set(whole["components"]["securitySchemes"]) == {"auth", "catalogue.auth"}
    operation = whole["paths"]["/api/catalogue/v1/x"]["get"]
    assert operation["security"] == [{"catalogue.auth": ["a"]}]


def test_references_and_mappings_follow_their_components() -> None:
    union = {
        "oneOf": [{"$ref": "#/components/schemas/A"}],
        "discriminator": {"propertyName": "k", "mapping": {"a": "#/components/schemas/A"}},
    }
    part = document(components={"schemas": {"A": {"type": "object"}, "U": union}})
    renamed = joined(cases=part)["components"]["schemas"]["cases.U"]
    assert renamed["oneOf"] == [{"$ref": "#/components/schemas/cases.A"}]
    assert renamed["discriminator"]["mapping"] == {"a": "#/components/schemas/cases.A"}


def test_the_services_own_documents_stay_as_they_were() -> None:
    given = document(components={"schemas": {"A": {"type": "object"}}})
    before = repr(given)
    joined(cases=given)
    assert repr(given) == before


def test_a_schema_that_contains_itself_has_a_finite_shape() -> None:
    tree = {"properties": {"child": {"$ref": "#/components/schemas/T"}}, "type": "object"}
    assert "child?" in shape({"components": {"schemas": {"T": tree}}}, tree)


def test_shapes_name_types_choices_and_what_is_required() -> None:
    schema = {
        "properties": {
            "a": {"type": "string", "format": "date"},
            "b": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "c": {"enum": ["x", "y"]},
            "d": {"type": "array", "items": {"type": "number"}},
            "e": {"const": 1},
            "f": True,
        },
        "required": ["a"],
    }
    assert shape({"components": {}}, schema) == {
        "a": "string (date)",
        "b?": "integer | null",
        "c?": '"x" | "y"',
        "d?": ["number"],
        "e?": "1",
        "f?": "any",
    }


def test_the_page_speaks_both_languages() -> None:
    whole = joined(cases=document())
    assert '<html lang="zh-CN">' in page(whole, "zh")
    assert "Answers" in page(whole, "en")
