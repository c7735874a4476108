"""Whatever the documents allow, and what they forbid, is answered as the documents say.

Generated requests of every shape go to each operation, as a citizen, an officer and a system.
An answer of 500 is a mistake of ours; 502 and 503 may come where they are documented.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.contracts.files import FOLDER
from shared.web.openapi import operations
from tests.support.platform import ITEM, OTHER_ITEM, PERSON, SERVICES, TRACE, Platform, platform

# SCHEMATHESIS_EXAMPLES looks further than every run can.
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "12"))
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
GENERATED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        yield service, json.loads((FOLDER / f"openapi/{service}.json").read_text("utf-8"))


EVERY = [
    (service, path, method)
    for service, document in documents()
    for path, method, _ in operations(document)
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("platform")) as started:
        yield started


@pytest.fixture(scope="module")
def schemas() -> dict[str, Any]:
    return {service: schemathesis.openapi.from_dict(found) for service, found in documents()}


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.mark.parametrize(
    ("service", "path", "method"), EVERY, ids=lambda part: re.sub(r"[{}]", "", str(part))
)
def test_an_operation_answers_anything_as_documented(
    service: str,
    path: str,
    method: str,
    running: Platform,
    schemas: dict[str, Any],
    session: requests.Session,
) -> None:
    operation = schemas[service][path][method.upper()]
    callers: list[Callable[[], str]] = [running.citizen, running.officer, running.system]
    known = [{name: value} for name, value in _known(service, path, running)]

    @GENERATED
    @given(case=_cases(operation, known), caller=st.sampled_from(callers))
    def withstand(case: Case[Any], caller: Callable[[], str]) -> None:
        if "wait" in (case.query or {}):
            case.query["wait"] = 0  # a long poll has its own tests; here it would only wait
        response = case.call(
            base_url=running.urls[service],
            session=session,
            headers={"Authorization": f"Bearer {caller()}"},
            timeout=30,
        )
        assert response.status_code != 500, case.as_curl_command()
        case.validate_response(response, checks=CHECKS)

    withstand()


def test_the_generated_requests_reach_the_acts(running: Platform) -> None:
    """The records that paths name are there: not everything ends at 404."""
    accepted = running.case("accept")
    read = running.call("GET", "cases", f"/v1/cases/{accepted}", running.citizen())
    assert read["status"] == "accepted"
    assert running.call("GET", "catalogue", f"/v1/items/{ITEM}", running.citizen())
    assert running.call("GET", "exchange", "/v1/resources", running.citizen())["items"]


def _cases(
    operation: APIOperation[Any, Any, Any, Any], known: list[dict[str, str]]
) -> st.SearchStrategy[Case[Any]]:
    """Requests as the document wants them, some about records that exist, and spoilt ones."""
    wanted = operation.as_strategy(GenerationMode.POSITIVE)
    chosen = [operation.as_strategy(GenerationMode.POSITIVE, path_parameters=one) for one in known]
    takes_anything = any(
        True
        for part in (operation.path_parameters, operation.query, operation.headers, operation.body)
        for _ in part
    )
    spoilt = [operation.as_strategy(GenerationMode.NEGATIVE)] if takes_anything else []
    return st.one_of(wanted, *chosen, *spoilt)


def _known(service: str, path: str, running: Platform) -> Iterator[tuple[str, str]]:
    """Values of the path's parameter that name something."""
    for name in re.findall(r"{(\w+)}", path):
        if name == "number" and service == "cases":
            yield name, running.case()
            yield name, running.case("accept")
        elif name == "code":
            yield name, OTHER_ITEM if service == "catalogue" else "population.household"
        elif name == "trace_id":
            yield name, f"{TRACE:032x}"
        elif name == "person":
            yield name, PERSON
        elif name == "permit_id":
            held = running.call("GET", "exchange", "/v1/permits", running.officer())["items"]
            yield from ((name, one["id"]) for one in held[:1])
