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
from pausepoint.domain.events import WEBHOOK_EVENTS, Event
from pausepoint.web.access_control import AccessControl
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.request_errors import (
    InvalidJson,
    PayloadTooLarge,
    RequestTimeout,
    UnsupportedMediaType,
)
from pausepoint.web.schemas import ErrorBody, ValidationErrorBody
from pausepoint.web.schemas.events import EventBody

_REF: Final = "#/components/schemas/{name}"
_ERROR_REF: Final = {"$ref": _REF.format(name="ErrorBody")}
_VALIDATION_REF: Final = {"$ref": _REF.format(name="ValidationErrorBody")}
_TAGS: Final = {
    "Pauses": "Ask a person, wait for the answer, withdraw, erase.",
    "Responding": "What the person's page does, for whoever builds another one.",
    "Webhooks": "URLs that events are posted to, their deliveries, and sending one again.",
    "Recipients": "The directory of who may be asked.",
    "Events": "The events of an account as they happen.",
    "Audit": "What happened, and who caused it.",
    "Accounts": "The account and its first keys.",
    "Keys": "API keys that may do less.",
    "Callbacks": "Where vendors report what became of a message.",
    "Health": "Whether the server works.",
}
_PATH_VALUES: Final = {
    "pause_id": "The pause's id, `psr_` and a UUID; the prefix may be left out.",
    "delivery_id": "The delivery's id, `dlv_` and a UUID.",
    "webhook_id": "The webhook's id, `whk_` and a UUID.",
    "recipient_id": "The recipient's id, `rcp_` and a UUID.",
    "key_id": "The key's id, `key_` and a UUID.",
    "token": "The signed end of the person's link.",
}
_QUERY_VALUES: Final = {
    "limit": "At most this many.",
    "offset": "Leave out this many of the newest.",
    "pause_id": "Only what happened to this pause.",
    "event_type": "Only this event, such as `pause.responded`.",
}
_HEADERS: Final = {
    "X-Request-Id": {
        "description": "Finds the request in the server's log.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it is worth another try.",
        "schema": {"type": "integer", "minimum": 0},
    },
}
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
        [*types, ErrorBody, ValidationErrorBody, EventBody], ref_template=_REF
    )
    requests = {point.request.__name__ for point in published if point.request is not None}
    for name, schema in components.items():
        _for_generators(schema, is_request=name in requests)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in published:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "PausePoint",
            "version": __version__,
            "description": _DESCRIPTION,
            "contact": {"name": "PausePoint", "url": "https://github.com/pausepoint/pausepoint"},
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": public_url}],
        "tags": [
            {"name": name, "description": _TAGS[name]}
            for name in dict.fromkeys(point.tag for point in published)
        ],
        "paths": paths,
        "webhooks": {event.value: {"post": _webhook(event)} for event in WEBHOOK_EVENTS},
        "components": {
            "schemas": components,
            "headers": _HEADERS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }
    words = placeholders(CHANNELS.values())
    filled: dict[str, Any] = _filled_in(document, words)
    return filled


def _for_generators(schema: dict[str, Any], *, is_request: bool) -> None:
    """Say what generators of clients would otherwise guess wrongly.

    An object without properties is closed for some, so it says that it takes any. A default makes
    a field of a request required for others, so a request's default stands in the description;
    what an answer always holds is required.
    """
    for name, field in schema.get("properties", {}).items():
        for kind in (field, *field.get("anyOf", ())):
            if kind.get("type") == "object" and "additionalProperties" not in kind:
                kind["additionalProperties"] = True
        if "default" not in field:
            continue
        default = field.pop("default")
        if not is_request:
            schema.setdefault("required", []).append(name)
        elif default is not None:
            words = (
                f"{field.get('description', '')} Default: {msgspec.json.encode(default).decode()}."
            )
            field["description"] = words.strip()


def _webhook(event: Event) -> dict[str, Any]:
    """https://spec.openapis.org/oas/v3.1.1.html#oas-webhooks"""
    return {
        "operationId": "on" + "".join(part.capitalize() for part in re.split(r"[._]", event)),
        "summary": f"Posted to webhooks that subscribe to {event}",
        "description": "Signed with the webhook's secret; tried again until your server takes it.",
        "tags": ["Webhooks"],
        "security": [],
        "requestBody": {"required": True, "content": _json(_ref(EventBody))},
        "responses": {"2XX": {"description": "Taken. Anything else is tried again."}},
    }


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
        "operationId": endpoint.operation_id,
        "summary": endpoint.summary,
        "description": _key_needed(endpoint),
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


def _key_needed(endpoint: Endpoint) -> str:
    if not endpoint.needs_key:
        return "Needs no key."
    if endpoint.scope is None:
        return "Needs a key."
    return f"Needs a key with the scope `{endpoint.scope}`."


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH_VALUES[name],
            "schema": {"type": "string"},
        }
        for name in re.findall(r"\{(\w+)\}", endpoint.path)
    ]
    if endpoint.query is not None:
        schema = msgspec.json.schema(endpoint.query)["$defs"][endpoint.query.__name__]
        for name, kind in schema["properties"].items():
            meaning = kind.pop("description", _QUERY_VALUES.get(name, ""))
            found.append(
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": meaning,
                    "schema": kind,
                }
            )
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
    success: dict[str, Any] = {"description": "Done.", "headers": _headers(endpoint.status)}
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
            "headers": _headers(status),
            "description": "\n\n".join(f"`{error.code}`: {error.sentence}" for error in errors),
            "content": _error_content(status, errors),
        }
    return responses


def _stream(kind: type[Any]) -> dict[str, Any]:
    reference = _ref(kind)["$ref"]
    return {
        "headers": _headers(200),
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


def _headers(status: int) -> dict[str, Any]:
    names = ("X-Request-Id", "Retry-After") if status in (429, 503) else ("X-Request-Id",)
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _ref(kind: type[Any]) -> dict[str, str]:
    return {"$ref": _REF.format(name=kind.__name__)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
