"""Checks a tool's arguments against its input schema, kindly: models send "5" for 5.

What is read out of other shapes: numbers and booleans out of strings, lists and objects out of
JSON strings. Integers beyond their bounds are moved to the bound. An optional argument that is
null or blank counts as absent, an unknown one is left out. Everything else is an `ArgumentProblem`, one
sentence that a model can act on.
"""

from __future__ import annotations

import json
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .api import Json

_PAUSE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VISIBLE_ASCII = re.compile(r"[!-~]{1,255}")
_UNFIT = re.compile("[\x00\ud800-\udfff]")
_MAX_DEPTH = 32
MAX_METADATA_BYTES = 16 * 1024
_INFINITY = float("inf")


class ArgumentProblem(Exception):
    """The arguments cannot be used; the message says which and why, without a full stop."""


def check_arguments(arguments: object, schema: Json) -> Json:
    """The arguments by name, each of its schema's type; absent ones have their default.

    Raises `ArgumentProblem`.
    """
    given = {} if arguments is None else arguments
    if isinstance(given, str):
        given = _json_of(given)
    if not isinstance(given, dict):
        raise ArgumentProblem("arguments must be an object")
    return _properties(given, schema)


def _properties(given: Json, schema: Json, where: str = "") -> Json:
    values: Json = {}
    for name, rule in schema["properties"].items():
        value = given.get(name)
        is_required = name in schema.get("required", ())
        if value is None or (not is_required and _is_blank(value)):
            if is_required:
                raise ArgumentProblem(f"{where}{name} is missing")
            if "default" in rule:
                values[name] = rule["default"]
            continue
        values[name] = _fitting(f"{where}{name}", value, rule)
    return values


def check_pause_id(value: str) -> str:
    """The id as it may stand in a path. Raises `ArgumentProblem`."""
    pause_id = value.strip()
    if not _PAUSE_ID.fullmatch(pause_id):
        raise ArgumentProblem("pause_id must be an id like psr_… from create_pause_request")
    return pause_id


def is_idempotency_key(value: str) -> bool:
    """Return True for a valid `Idempotency-Key`: 1-255 visible ASCII characters."""
    return _VISIBLE_ASCII.fullmatch(value) is not None


def check_create(values: Json) -> None:
    """Check the rules of a create that the schema cannot express. Raises `ArgumentProblem`."""
    default = values.get("timeout_default")
    if default is not None and default not in values["options"]:
        raise ArgumentProblem("timeout_default must be one of options")
    if values.get("remind_after_hours", 0) >= values["timeout_hours"]:
        raise ArgumentProblem("remind_after_hours must be less than timeout_hours")
    key = values.get("idempotency_key")
    if key is not None and not is_idempotency_key(key):
        raise ArgumentProblem("idempotency_key must be 1 to 255 visible ASCII characters")
    if len(json.dumps(values.get("metadata"), ensure_ascii=False).encode()) > MAX_METADATA_BYTES:
        raise ArgumentProblem("metadata is larger than 16 KiB; keep the facts that matter")


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _fitting(name: str, value: object, rule: Json) -> Any:
    kind = rule["type"]
    if kind == "string":
        return _string(name, value, rule)
    if kind == "integer":
        return _integer(name, value, rule)
    if kind == "number":
        return _number(name, value, rule)
    if kind == "boolean":
        return _boolean(name, value)
    if kind == "array":
        return _array(name, value, rule)
    return _object(name, value, rule)


def _string(name: str, value: object, rule: Json) -> str:
    if not isinstance(value, str):
        raise ArgumentProblem(f"{name} must be a string")
    _refuse_unfit(name, value)
    if "enum" in rule:
        word = value.strip().lower()
        if word not in rule["enum"]:
            raise ArgumentProblem(f"{name} must be one of {', '.join(rule['enum'])}")
        return word
    if len(value) < rule.get("minLength", 0) or not value.strip():
        raise ArgumentProblem(f"{name} is empty")
    longest = rule.get("maxLength")
    if longest is not None and len(value) > longest:
        raise ArgumentProblem(f"{name} has {len(value)} characters, {longest} at most are taken")
    return value


def _integer(name: str, value: object, rule: Json) -> int:
    number = _plain_number(name, value)
    bounded = min(max(number, rule["minimum"]), rule["maximum"])
    return int(bounded)


def _number(name: str, value: object, rule: Json) -> int | float:
    """A number above its minimum, which is not taken itself: no question is open for 0 hours."""
    number = _plain_number(name, value)
    lowest, highest = rule.get("minimum", 0), rule.get("maximum", _INFINITY)
    if not lowest < number <= highest:
        upper = "" if highest == _INFINITY else f" and at most {highest}"
        raise ArgumentProblem(f"{name} must be more than {lowest}{upper}")
    return number


def _plain_number(name: str, value: object) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            value = None
        else:
            value = int(value) if value.is_integer() else value
    # A NaN is the one number that is not itself; every bound would let it pass.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ArgumentProblem(f"{name} must be a number")
    return value


def _boolean(name: str, value: object) -> bool:
    if isinstance(value, str):
        value = {"true": True, "false": False}.get(value.strip().lower())
    if not isinstance(value, bool):
        raise ArgumentProblem(f"{name} must be true or false")
    return value


def _array(name: str, value: object, rule: Json) -> list[Any]:
    if isinstance(value, str):
        value = _json_of(value)
    least, most = rule.get("minItems", 0), rule["maxItems"]
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise ArgumentProblem(
            f"{name} must be a list of {least} to {most} {rule['items']['type']}s"
        )
    return [_fitting(f"{name}[{i}]", item, rule["items"]) for i, item in enumerate(value)]


def _object(name: str, value: object, rule: Json) -> Json:
    """An object that requires properties has only those listed; another has any."""
    if isinstance(value, str):
        value = _json_of(value)
    if not isinstance(value, dict):
        raise ArgumentProblem(f"{name} must be an object")
    if "required" in rule:
        return _properties(value, rule, f"{name}.")
    _refuse_unfit(name, value)
    return value


def _json_of(text: str) -> object:
    """Decode a JSON string; None if it is not JSON, which then fails as the wrong type."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _refuse_unfit(name: str, value: object, depth: int = 0) -> None:
    if depth > _MAX_DEPTH:
        raise ArgumentProblem(f"{name} is nested too deeply")
    if isinstance(value, str):
        if _UNFIT.search(value):
            raise ArgumentProblem(f"{name} holds U+0000 or half a character, which is not taken")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unfit(name, key, depth + 1)
            _refuse_unfit(name, inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unfit(name, inner, depth + 1)
    elif isinstance(value, float) and (value != value or value in (_INFINITY, -_INFINITY)):
        raise ArgumentProblem(f"{name} holds a number that JSON cannot carry")
