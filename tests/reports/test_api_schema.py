"""The OpenAPI document is true: what it promises is what a stranger gets, whatever the stranger sends."""

from typing import Any

import jsonschema
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from citylab.wsgi import application

ADDRESS = "/api/schema/"
OPERATIONS = [
    ("POST", "reports/"),
    ("PUT", "reports/{uuid}/photos/{position}"),
    ("PUT", "reports/{uuid}/voice"),
    ("GET", "receipts/"),
    ("GET", "cases/"),
    ("GET", "areas/"),
    ("GET", "waste-types/"),
    ("GET", "where/"),
    ("GET", "search/"),
    ("GET", "nearby/"),
]

load_all_checks()
PROMISES = CHECKS.get_by_names(
    [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "negative_data_rejection", "unsupported_method", "ignored_auth",
    ]
)  # fmt: skip


@pytest.fixture
def api(case, report):
    """The API as its document describes it, over a city with a few cases."""
    for status in ("new", "confirmed", "cleaned"):
        report(case(status=status))
    # As Django's own test client does: the connection with this test's transaction must outlive a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield schemathesis.openapi.from_wsgi(ADDRESS, application)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("method, path", OPERATIONS)
def test_no_answer_breaks_the_document_s_promises(api, method, path, mode):
    @given(sent=api[f"/api/v1/{path}"][method].as_strategy(generation_mode=mode))
    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def promises_are_kept(sent):
        sent.call_and_validate(checks=PROMISES, headers={"accept-encoding": "identity"})  # its WSGI client unpacks nothing

    promises_are_kept()


def test_every_address_of_this_room_is_in_the_document(db, client: Client):
    paths = client.get(ADDRESS, HTTP_ACCEPT="application/json").json()["paths"]
    assert {(method, path) for method, path in OPERATIONS} <= {
        (method.upper(), path.removeprefix("/api/v1/")) for path, methods in paths.items() for method in methods
    }


def test_the_examples_fit_the_document(db, client: Client):
    paths = client.get(ADDRESS, HTTP_ACCEPT="application/json").json()["paths"]
    checked = 0
    for method, path in OPERATIONS:
        operation = paths[f"/api/v1/{path}"][method.lower()]
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for content in part.get("content", {}).values():
                for example in content.get("examples", {}).values():
                    jsonschema.validate(example["value"], as_json_schema(content["schema"]), format_checker=jsonschema.FormatChecker())
                    checked += 1
    assert checked >= 6


def as_json_schema(schema: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says that null is another type."""
    if isinstance(schema, list):
        return [as_json_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: as_json_schema(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
