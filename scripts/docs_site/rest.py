"""The REST reference as Markdown, from the same OpenAPI document that the server publishes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.openapi import openapi_document
from pausepoint.web.pages.schema_rows import Row, Schemas

_METHODS: Final = ("get", "post", "put", "delete")
_SERVER: Final = "http://127.0.0.1:8000"

Operation = Mapping[str, Any]


def rest_page() -> str:
    document: dict[str, Any] = openapi_document(ENDPOINTS, _SERVER)
    schemas = Schemas(document)
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                operation = methods[method]
                text = "\n".join(_operation(schemas, method.upper(), path, operation))
                by_tag.setdefault(operation["tags"][0], []).append(text)
    parts = ["# REST endpoints", "Generated from the OpenAPI document at `/openapi.json`.\n"]
    for tag, texts in by_tag.items():
        parts += [f"## {tag}\n", *texts]
    return "\n".join(parts)


def _operation(schemas: Schemas, method: str, path: str, operation: Operation) -> Iterator[str]:
    yield f"### {operation['summary']}\n"
    yield f"`{method} {path}`\n"
    if not operation.get("security"):
        yield "It takes no API key.\n"
    parameters = [p for p in operation.get("parameters", ()) if p["in"] != "path"]
    if parameters:
        yield "| Parameter | Where | Type | |\n| --- | --- | --- | --- |"
        for each in parameters:
            kind = schemas.type_of(each["schema"])
            words = each.get("description") or each["schema"].get("description", "")
            yield f"| `{each['name']}` | {each['in']} | {_cell(kind)} | {_cell(words)} |"
        yield ""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        yield "The body:\n"
        yield from _fields(schemas.rows(body["schema"]))
        if example := body.get("example"):
            yield f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"
    for status, answer in operation["responses"].items():
        if status < "300":
            yield from _answer(schemas, status, answer)
    yield from _errors(operation["responses"])


def _answer(schemas: Schemas, status: str, answer: Mapping[str, Any]) -> Iterator[str]:
    content = answer.get("content", {}).get("application/json")
    yield f"**{status}** {answer['description']}\n"
    if content:
        yield from _fields(schemas.rows(content["schema"]))


def _errors(responses: Mapping[str, Any]) -> Iterator[str]:
    codes = [
        (status, code, example["value"]["message"])
        for status, answer in responses.items()
        for content in answer.get("content", {}).values()
        for code, example in content.get("examples", {}).items()
        if status >= "400"
    ]
    if codes:
        yield "| Status | Code | |\n| --- | --- | --- |"
        yield from (f"| {status} | `{code}` | {_cell(words)} |" for status, code, words in codes)
        yield ""


def _fields(rows: Iterator[Row]) -> Iterator[str]:
    yield "| Field | Type | |\n| --- | --- | --- |"
    for row in rows:
        words = " ".join([row.description, *(f"{fact}." for fact in row.facts)]).strip()
        yield f"| `{row.name}` | {_cell(row.type)} | {_cell(words)} |"
    yield ""


def _cell(words: str) -> str:
    return words.replace("|", "\\|").replace("\n", " ")
