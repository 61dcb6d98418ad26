"""The published document: valid, complete, and true to the table it is made from."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

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
