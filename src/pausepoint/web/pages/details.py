"""A pause's metadata as the rows of a table that a person can read at a glance.

Nothing is folded: what a person decides about is in front of them before they can press anything.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pausepoint.security.display_safe import skeleton, spelled_out

ROWS_SHOWN: Final = 100
_OUR_ROWS: Final = ("Tool", "Arguments", "More arguments", "SHA-256 of tool and arguments")
"""Above the table, where the pause has an action."""

_FLAT_CHARACTERS: Final = 60
_INDENTED_CHARACTERS: Final = 32_000
_INDENTED_DEPTH: Final = 8
_COMPARED_KEYS: Final = 300
_COMPARED_DEPTH: Final = 50


@dataclass(frozen=True, slots=True)
class Detail:
    """One row. `key` is None for what many entries have in common; `is_code` keeps blanks."""

    key: str | None
    text: str
    is_code: bool = False
    is_remark: bool = False


def details_of(metadata: Mapping[str, Any] | None) -> tuple[Detail, ...]:
    """The rows in the agent's own order; from the 101st entry on, all in one row as JSON."""
    shown, rest = first_rows(metadata or {})
    rows = tuple(_detail(_not_ours(key), value) for key, value in shown.items())
    return (*rows, Detail(None, pretty(rest), is_code=True)) if rest else rows


def _not_ours(key: str) -> str:
    """Quoted if it looks like the name of a row of ours."""
    is_alike = skeleton(key) in map(skeleton, _OUR_ROWS)
    return json.dumps(key, ensure_ascii=False) if is_alike else key


def first_rows(entries: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entries that have a row of their own, by their labels, and the others."""
    labelled = list(_with_labels(entries).items())
    return dict(labelled[:ROWS_SHOWN]), dict(labelled[ROWS_SHOWN:])


def pretty(value: Any) -> str:
    """The value as JSON, with keys that are distinguishable.

    Indented where that makes it little longer: the indentation of deep nesting would outgrow it.
    """
    value = _distinct(value)
    compact = json.dumps(value, ensure_ascii=False)
    if len(compact) > _INDENTED_CHARACTERS or _is_deeper(value, _INDENTED_DEPTH):
        return compact
    return json.dumps(value, ensure_ascii=False, indent=2)


def _with_labels(entries: Mapping[str, Any]) -> Mapping[str, Any]:
    """Each key as written; where a reader might take two for one, spelled out by code points."""
    keys = list(entries)
    labels = dict(zip(keys, _labels(keys), strict=True))
    # An agent may have named a key as another one is spelled out.
    if len(set(labels.values())) < len(keys):
        labels = {key: spelled_out(key) for key in keys}
    return {labels[key]: value for key, value in entries.items()}


def _labels(keys: list[str]) -> Iterable[str]:
    if len(keys) > _COMPARED_KEYS:
        return [key if key.isascii() and key.isprintable() else json.dumps(key) for key in keys]
    looks = Counter(map(skeleton, keys))
    return [
        key if looks[skeleton(key)] == 1 and skeleton(key) else spelled_out(key) for key in keys
    ]


def _distinct(value: Any, depth: int = 0) -> Any:
    if depth > _COMPARED_DEPTH:
        return value
    if isinstance(value, dict):
        labelled = _with_labels(value)
        return {label: _distinct(each, depth + 1) for label, each in labelled.items()}
    if isinstance(value, list):
        return [_distinct(each, depth + 1) for each in value]
    return value


def _is_deeper(value: Any, limit: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if limit == 0:
        return True
    inner = value.values() if isinstance(value, dict) else value
    return any(_is_deeper(each, limit - 1) for each in inner)


def _detail(key: str, value: Any) -> Detail:
    if value is None:
        return Detail(key, "not set", is_remark=True)
    if value == "":
        return Detail(key, "empty text", is_remark=True)
    if value in ([], {}):
        return Detail(key, "empty list" if value == [] else "empty", is_remark=True)
    match value:
        case bool():
            return Detail(key, "yes" if value else "no")
        case str():
            return Detail(key, value)
        case dict() | list():
            return _nested(key, value)
        case _:
            return Detail(key, json.dumps(value, ensure_ascii=False))


def _nested(key: str, value: dict[str, Any] | list[Any]) -> Detail:
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        flat = ", ".join(item if isinstance(item, str) else json.dumps(item) for item in value)
        is_plain = not any(isinstance(item, str) and "," in item for item in value)
        if len(flat) <= _FLAT_CHARACTERS and "\n" not in flat and is_plain:
            return Detail(key, flat)
    return Detail(key, pretty(value), is_code=True)
