"""The published document: valid, complete, and true to the table it is made from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from pausepoint.domain.events import WEBHOOK_EVENTS
from pausepoint.domain.question import MAX_TIMEOUT_HOURS, MESSAGE_LIMIT
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.error_catalogue import catalogue
from pausepoint.web.openapi import openapi_document


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made = openapi_document(ENDPOINTS, "https://pause.example.com")
    decoded: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(made))
    return decoded


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(document).validate()


def test_it_has_every_endpoint_with_its_success_and_errors(document: dict[str, Any]) -> None:
    for endpoint in ENDPOINTS:
        operation = document["paths"][endpoint.path][endpoint.method.lower()]
        assert str(endpoint.status) in operation["responses"]
        assert bool(operation["security"]) == endpoint.needs_key
        for error in endpoint.errors:
            said = operation["responses"][str(error.status)]
            assert error.code in said["content"]["application/json"]["examples"]


def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]

    assert len(ids) == len(set(ids)) == len(ENDPOINTS)


def test_examples_fit_their_own_types() -> None:
    for endpoint in ENDPOINTS:
        if endpoint.example is not None:
            msgspec.convert(endpoint.example, endpoint.request)


def test_every_code_the_document_names_is_in_the_catalogue(document: dict[str, Any]) -> None:
    named = {
        code
        for path in document["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        for code in response.get("content", {}).get("application/json", {}).get("examples", {})
    }

    assert named <= set(catalogue())


def test_operation_ids_are_names_for_methods(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            assert re.fullmatch(r"[a-z]+(?:[A-Z][a-z]+)*", operation["operationId"])


def every_schema(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("type") == "object":
            yield value
        for each in value.values():
            yield from every_schema(each)
    elif isinstance(value, list):
        for each in value:
            yield from every_schema(each)


def test_a_free_object_says_that_it_takes_anything(document: dict[str, Any]) -> None:
    """Else a client in TypeScript can send no metadata, and others drop it."""
    free = [each for each in every_schema(document["components"]) if "properties" not in each]
    assert len(free) >= 3
    assert all(each["additionalProperties"] is True for each in free)


def test_a_default_makes_no_field_of_a_request_required(document: dict[str, Any]) -> None:
    asked = document["components"]["schemas"]["CreatePauseRequest"]
    assert asked["required"] == ["recipient", "channel", "message", "options"]
    assert not [name for name, field in asked["properties"].items() if "default" in field]
    assert asked["properties"]["timeout_hours"]["description"].endswith("Default: 24.")


def test_it_says_the_limits_that_are_checked(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["CreatePauseRequest"]["properties"]
    assert (fields["message"]["minLength"], fields["message"]["maxLength"]) == (1, MESSAGE_LIMIT)
    assert (fields["options"]["minItems"], fields["options"]["maxItems"]) == (2, 5)
    assert fields["timeout_hours"]["maximum"] == MAX_TIMEOUT_HOURS
    shown = document["components"]["schemas"]["PauseBody"]["properties"]
    assert shown["created_at"]["format"] == "date-time"


def test_every_event_of_a_webhook_is_described(document: dict[str, Any]) -> None:
    assert list(document["webhooks"]) == list(WEBHOOK_EVENTS)


def test_everything_has_a_description(document: dict[str, Any]) -> None:
    assert all(tag["description"] for tag in document["tags"])
    for path in document["paths"].values():
        for operation in path.values():
            assert all(each["description"] for each in operation.get("parameters", []))
            for status, response in operation["responses"].items():
                assert "X-Request-Id" in response["headers"]
                assert ("Retry-After" in response["headers"]) == (status in ("429", "503"))
