"""Arguments as a person changed them: their note, read as lines of `name: value`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn


def change_arguments(arguments: Mapping[str, Any], note: str) -> dict[str, Any] | None:
    """The arguments with the note's values; None unless every line of it is understood.

    A value keeps its kind: text stays text, with or without quotes, and a number stays a number.
    """
    result = dict(arguments)
    lines = [line for line in note.splitlines() if line.strip()]
    for line in lines:
        name, colon, text = (part.strip() for part in line.partition(":"))
        if not colon or name not in arguments:
            return None
        try:
            result[name] = _value(arguments[name], text)
        except (ValueError, RecursionError):
            return None
    return result if lines else None


def _value(old: Any, text: str) -> Any:
    """Raises ValueError for another kind of value."""
    if isinstance(old, str):
        try:
            quoted = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return quoted if isinstance(quoted, str) else text
    new = json.loads(_as_json(text), parse_constant=_refuse_constant, parse_float=_finite)
    if old is not None and _kind(new) is not _kind(old):
        raise ValueError
    return new


def _as_json(text: str) -> str:
    """True, False and None are shown to the person as Python writes them."""
    return {"True": "true", "False": "false", "None": "null"}.get(text, text)


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)
