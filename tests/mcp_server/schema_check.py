"""Checks a value against the part of JSON Schema that the tool table uses, strictly.

Properties that the schema does not name are errors here, although JSON Schema lets them pass: what
the server sends on must be listed. The official SDK's clients check with a full validator.
"""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}


def problems(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What is wrong with the value, an empty list when nothing is."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, kind) for kind in kinds):
        return [f"{where} is {type(value).__name__}, not {kinds}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where} is {value!r}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            found += problems(item, schema["items"], f"{where}[{number}]")
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{where}.{n} is missing" for n in schema.get("required", ()) if n not in value]
        for name, item in value.items():
            rule = schema["properties"].get(name)
            if rule is None:
                found.append(f"{where}.{name} is not in the schema")
            else:
                found += problems(item, rule, f"{where}.{name}")
    return found


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])
