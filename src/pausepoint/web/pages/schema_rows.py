"""JSON Schema, as OpenAPI 3.1 has it, flattened to the rows of a table and to an example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

_DEEPEST: Final = 5
_LIMITS: Final = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("exclusiveMinimum", "more than {}"),
    ("minimum", "at least {}"),
    ("exclusiveMaximum", "less than {}"),
    ("maximum", "at most {}"),
    ("pattern", "matches {}"),
)
_EXAMPLES: Final[Mapping[str, Any]] = {"string": "…", "integer": 0, "number": 0, "boolean": False}


@dataclass(frozen=True, slots=True)
class Row:
    """One field: `name` is dotted (`items[].status`), `facts` are limits and defaults in words."""

    name: str
    type: str
    is_required: bool
    description: str
    facts: tuple[str, ...]


class Schemas:
    """The schemas of one OpenAPI document, by which references are followed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node itself, or what its `$ref` within the document leads to."""
        seen = set()
        while "$ref" in node and node["$ref"] not in seen:
            seen.add(node["$ref"])
            target: Any = self._document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def rows(self, schema: Schema, prefix: str = "", depth: int = 0) -> Iterator[Row]:
        """Every field of an object, those of objects in it after it."""
        schema = self._without_null(schema)
        if schema.get("type") == "array":
            yield from self.rows(schema.get("items", {}), f"{prefix}[]", depth)
            return
        if depth > _DEEPEST:
            return
        required = schema.get("required", ())
        for name, field in self._properties(schema).items():
            path = f"{prefix}.{name}" if prefix else name
            described = {**self.resolved(field), **field}
            yield Row(
                path,
                self.type_of(field),
                name in required,
                described.get("description", ""),
                tuple(_facts(described)),
            )
            yield from self.rows(field, path, depth + 1)

    def type_of(self, schema: Schema) -> str:
        schema = self.resolved(schema)
        if "enum" in schema:
            return " | ".join(map(_code, schema["enum"]))
        if "const" in schema:
            return _code(schema["const"])
        for union in ("anyOf", "oneOf"):
            if union in schema:
                return " or ".join(dict.fromkeys(self.type_of(one) for one in schema[union]))
        if "allOf" in schema:
            return "object"
        kind = schema.get("type", "object" if "properties" in schema else "any JSON value")
        if isinstance(kind, list):
            return " or ".join(kind)
        if kind == "array":
            return f"array of {self.type_of(schema.get('items', {}))}"
        return f"{kind} ({schema['format']})" if "format" in schema else str(kind)

    def example(self, schema: Schema, depth: int = 0) -> Any:
        """What such a value may look like: the schema's own example, or one made from its types."""
        whole = self._without_null(schema)
        for described in (schema, whole):
            if "example" in described:
                return described["example"]
            if described.get("examples"):
                return described["examples"][0]
        for name in ("default", "const"):
            if name in schema:
                return schema[name]
        if "enum" in whole:
            return whole["enum"][0]
        if whole.get("type") == "array":
            return [] if depth > _DEEPEST else [self.example(whole.get("items", {}), depth + 1)]
        properties = self._properties(whole)
        if properties and depth <= _DEEPEST:
            return {name: self.example(field, depth + 1) for name, field in properties.items()}
        return {} if whole.get("type") == "object" else _EXAMPLES.get(str(whole.get("type")))

    def _properties(self, schema: Schema) -> Mapping[str, Schema]:
        found = dict(schema.get("properties", {}))
        for part in schema.get("allOf", ()):
            found |= self._properties(self.resolved(part))
        return found

    def _without_null(self, schema: Schema) -> Schema:
        """The schema itself, or of a union the first that is not null."""
        schema = self.resolved(schema)
        for union in ("anyOf", "oneOf"):
            for one in schema.get(union, ()):
                if one.get("type") != "null":
                    return self._without_null(one)
        kind = schema.get("type")
        if isinstance(kind, list):
            return {**schema, "type": next((one for one in kind if one != "null"), "null")}
        return schema


def _facts(schema: Schema) -> Iterator[str]:
    for name, words in _LIMITS:
        if name in schema:
            yield words.format(schema[name])
    if schema.get("default") is not None:
        yield f"default {_code(schema['default'])}"


def _code(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
