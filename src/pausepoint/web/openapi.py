"""The OpenAPI 3.1 document, made from the table of endpoints and the types it names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from pausepoint import __version__
from pausepoint.channels.registry import CHANNELS
from pausepoint.channels.wording import filled_in, placeholders
from pausepoint.domain import errors as e
from pausepoint.web.access_control import AccessControl
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.request_errors import (
    InvalidJson,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from pausepoint.web.schemas import ErrorBody, ValidationErrorBody

_REF: Final = "#/components/schemas/{name}"
_ERROR_REF: Final = {"$ref": _REF.format(name="ErrorBody")}
_VALIDATION_REF: Final = {"$ref": _REF.format(name="ValidationErrorBody")}
_DESCRIPTION: Final = (
    "An AI agent stops, asks a person by {channel_nouns}, and goes on with the answer.\n\n"
    "Send a key as `Authorization: Bearer pp_live_…` or `pp_test_…`. With a test key nobody"
    " outside is asked."
)


def openapi_document(endpoints: Sequence[Endpoint], public_url: str) -> dict[str, Any]:
    published = [endpoint for endpoint in endpoints if endpoint.is_published]
    types = [
        kind
        for point in published
        for kind in (point.request, point.response, point.streams)
        if kind is not None
    ]
    _, components = msgspec.json.schema_components(
        [*types, ErrorBody, ValidationErrorBody], ref_template=_REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in published:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "PausePoint",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": [{"name": name} for name in dict.fromkeys(point.tag for point in published)],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
    words = placeholders(CHANNELS.values())
    filled: dict[str, Any] = _filled_in(document, words)
    return filled


def _filled_in(value: Any, words: Mapping[str, str]) -> Any:
    """Fill in what descriptions say of channels, from the registry."""
    match value:
        case str():
            return filled_in(value, words)
        case dict():
            return {key: _filled_in(each, words) for key, each in value.items()}
        case list():
            return [_filled_in(each, words) for each in value]
        case _:
            return value


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "security": [{"key": []}] if endpoint.needs_key else [],
        "responses": _responses(endpoint),
    }
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if endpoint.request is not None:
        content = _json(_ref(endpoint.request))
        if endpoint.example is not None:
            content["application/json"]["example"] = endpoint.example
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(endpoint: Endpoint) -> str:
    room = endpoint.handler.__module__.rpartition(".")[2]
    return f"{room}_{endpoint.handler.__name__}" + (
        "" if not endpoint.path.startswith("/health") else endpoint.path.replace("/", "_")
    )


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    if endpoint.query is not None:
        schema = msgspec.json.schema(endpoint.query)["$defs"][endpoint.query.__name__]
        for name, kind in schema["properties"].items():
            found.append({"name": name, "in": "query", "required": False, "schema": kind})
    for name, meaning in endpoint.headers.items():
        found.append(
            {
                "name": name,
                "in": "header",
                "required": False,
                "description": meaning,
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    return found


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    success: dict[str, Any] = {"description": "Done."}
    if endpoint.response is not None:
        success["content"] = _json(_ref(endpoint.response))
    if endpoint.streams is not None:
        success = _stream(endpoint.streams)
    responses[str(endpoint.status)] = success
    if endpoint.again is not None:
        responses["200"] = {**success, "description": endpoint.again}
    by_status: dict[int, list[type[e.PausePointError]]] = {}
    for error in _all_errors(endpoint):
        by_status.setdefault(error.status, []).append(error)
    for status, errors in sorted(by_status.items()):
        responses[str(status)] = {
            "description": "\n\n".join(f"`{error.code}`: {error.sentence}" for error in errors),
            "content": _error_content(status, errors),
        }
    return responses


def _stream(kind: type[Any]) -> dict[str, Any]:
    reference = _ref(kind)["$ref"]
    return {
        "description": "Events for as long as you listen. Each has an `id`, its name as `event`,"
        f" and as `data` the JSON of `{reference}`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }


def _error_content(status: int, errors: Sequence[type[e.PausePointError]]) -> dict[str, Any]:
    content = _json(_VALIDATION_REF if status == 422 else _ERROR_REF)
    content["application/json"]["examples"] = {
        error.code: {
            "value": {
                "error": error.code,
                "message": error.sentence,
                "status_code": status,
                **({"detail": []} if status == 422 else {}),
            }
        }
        for error in errors
    }
    return content


def _all_errors(endpoint: Endpoint) -> list[type[e.PausePointError]]:
    errors: list[type[e.PausePointError]] = list(endpoint.errors)
    if endpoint.needs_key:
        errors.append(e.InvalidApiKey)
    if endpoint.request is not None:
        errors += [
            InvalidJson,
            e.ValidationFailed,
            RequestTimeout,
            PayloadTooLarge,
            UnsupportedMediaType,
        ]
    elif endpoint.query is not None:
        errors.append(e.ValidationFailed)
    if endpoint.entry is not AccessControl.unlimited:
        errors.append(e.RateLimited)
    errors += [e.Unavailable, e.InternalError]
    return list(dict.fromkeys(errors))


def _ref(kind: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
