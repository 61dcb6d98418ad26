"""The page at /docs: an OpenAPI 3.1 document made readable, with nothing but HTML."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup, escape

from pausepoint.web.pages.rendering import render
from pausepoint.web.pages.schema_rows import Row, Schemas

_METHODS: Final = frozenset({"get", "put", "post", "patch", "delete"})
_FORM: Final = "application/x-www-form-urlencoded"
_CODE: Final = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Body:
    """A request's or a response's content."""

    content_type: str
    type: str
    rows: tuple[Row, ...]
    example: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    description: str
    body: Body | None
    codes: tuple[str, ...]

    @property
    def is_error(self) -> bool:
        return not self.status.startswith(("2", "3"))


@dataclass(frozen=True, slots=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    parameters: tuple[Row, ...]
    body: Body | None
    answers: tuple[Answer, ...]
    curl: str


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    description: str
    operations: tuple[Operation, ...]

    @property
    def anchor(self) -> str:
        return _anchor(self.name)


def render_reference(openapi: Mapping[str, Any]) -> str:
    """The whole page, grouped by tag in the document's own order."""
    return render(
        "api_reference.html",
        about=openapi.get("info", {}),
        server=_server(openapi),
        groups=_groups(openapi),
        prose=_prose,
    )


def _groups(openapi: Mapping[str, Any]) -> list[Group]:
    declared = {tag["name"]: tag.get("description", "") for tag in openapi.get("tags", ())}
    by_tag: dict[str, list[Operation]] = {name: [] for name in declared}
    for tag, operation in _operations(openapi):
        by_tag.setdefault(tag, []).append(operation)
    return [
        Group(name, declared.get(name, ""), tuple(operations))
        for name, operations in by_tag.items()
        if operations
    ]


def _operations(openapi: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    schemas = Schemas(openapi)
    for path, item in openapi.get("paths", {}).items():
        for method, spec in item.items():
            if method in _METHODS:
                shared = item.get("parameters", [])
                tag = next(iter(spec.get("tags", ())), "Other")
                yield tag, _operation(openapi, schemas, method, path, spec, shared)


def _operation(
    openapi: Mapping[str, Any],
    schemas: Schemas,
    method: str,
    path: str,
    spec: Mapping[str, Any],
    shared: list[Mapping[str, Any]],
) -> Operation:
    parameters = [schemas.resolved(one) for one in (*shared, *spec.get("parameters", ()))]
    needs_key = bool(spec.get("security", openapi.get("security", ())))
    request = schemas.resolved(spec.get("requestBody", {}))
    body = _body(schemas, request.get("content", {}))
    return Operation(
        anchor=_anchor(f"{method} {path}"),
        method=method.upper(),
        path=path,
        summary=spec.get("summary", ""),
        description=spec.get("description", ""),
        needs_key=needs_key,
        parameters=tuple(_parameter(schemas, one) for one in parameters),
        body=body,
        answers=tuple(
            _answer(schemas, str(status), schemas.resolved(answer))
            for status, answer in spec.get("responses", {}).items()
        ),
        curl=_curl(_server(openapi) + path, method.upper(), needs_key, body),
    )


def _parameter(schemas: Schemas, parameter: Mapping[str, Any]) -> Row:
    row = next(schemas.rows({"properties": {parameter["name"]: parameter.get("schema", {})}}))
    return Row(
        row.name,
        row.type,
        bool(parameter.get("required")),
        parameter.get("description", row.description),
        (f"in the {parameter['in']}", *row.facts),
    )


def _answer(schemas: Schemas, status: str, answer: Mapping[str, Any]) -> Answer:
    content = answer.get("content", {})
    codes = [code for media in content.values() for code in _error_codes(media)]
    return Answer(
        status, answer.get("description", ""), _body(schemas, content), tuple(dict.fromkeys(codes))
    )


def _error_codes(media: Mapping[str, Any]) -> Iterator[str]:
    """The codes that an error's examples name."""
    examples = [one.get("value") for one in media.get("examples", {}).values()]
    for example in (*examples, media.get("example")):
        if isinstance(example, dict) and isinstance(example.get("error"), str):
            yield example["error"]


def _body(schemas: Schemas, content: Mapping[str, Any]) -> Body | None:
    for content_type, media in content.items():
        schema = media.get("schema", {})
        example = _media_example(schemas, media)
        is_text = example is None or isinstance(example, str)
        return Body(
            content_type,
            schemas.type_of(schema),
            tuple(schemas.rows(schema)),
            None if is_text else json.dumps(example, ensure_ascii=False, indent=2),
        )
    return None


def _media_example(schemas: Schemas, media: Mapping[str, Any]) -> Any:
    if "example" in media:
        return media["example"]
    for named in media.get("examples", {}).values():
        return named.get("value")
    return schemas.example(media["schema"]) if media.get("schema") else None


def _curl(url: str, method: str, needs_key: bool, body: Body | None) -> str:
    lines = [
        f"curl {shlex.quote(url)}" if method == "GET" else f"curl -X {method} {shlex.quote(url)}"
    ]
    if needs_key:
        lines.append('-H "Authorization: Bearer $PAUSEPOINT_API_KEY"')
    if body and body.example is not None:
        if body.content_type == _FORM:
            fields = json.loads(body.example).items()
            lines += [
                f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in fields
            ]
        else:
            indented = body.example.replace("\n", "\n  ")
            lines += [f"-H 'Content-Type: {body.content_type}'", f"-d {shlex.quote(indented)}"]
    return " \\\n  ".join(lines)


def _server(openapi: Mapping[str, Any]) -> str:
    servers = openapi.get("servers") or [{"url": ""}]
    url: str = servers[0]["url"]
    return (url if "://" in url else "http://127.0.0.1:8000" + url).rstrip("/")


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _prose(text: str) -> Markup:
    """Descriptions: paragraphs at empty lines, `code` in backticks, nothing else of Markdown."""
    paragraphs = (
        escape(" ".join(part.split())) for part in re.split(r"\n\s*\n", text) if part.strip()
    )
    return Markup().join(
        Markup("<p>{}</p>").format(Markup(_CODE.sub(r"<code>\1</code>", str(paragraph))))  # noqa: S704
        for paragraph in paragraphs
    )
