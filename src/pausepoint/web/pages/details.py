"""A pause's metadata as the rows of a table that a person can read at a glance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pausepoint.security.display_safe import single_line

FOLD_CHARACTERS: Final = 140
FOLD_LINES: Final = 3
SUMMARY_CHARACTERS: Final = 60
VISIBLE_ROWS: Final = 8


@dataclass(frozen=True, slots=True)
class Detail:
    """One row. `summary` is set where the text is folded under it; `is_code` keeps blanks."""

    key: str
    text: str
    summary: str | None = None
    is_code: bool = False
    is_remark: bool = False


def details_of(metadata: Mapping[str, Any] | None) -> tuple[Detail, ...]:
    """The rows in the agent's own order."""
    return tuple(_detail(key, value) for key, value in (metadata or {}).items())


def _detail(key: str, value: Any) -> Detail:
    label = key.replace("_", " ").strip() or key
    if value is None or value in ("", [], {}):
        return Detail(label, "empty", is_remark=True)
    match value:
        case bool():
            return Detail(label, "yes" if value else "no")
        case str():
            return _text(label, value)
        case dict() | list():
            return _nested(label, value)
        case _:
            return _text(label, json.dumps(value, ensure_ascii=False))


def _text(label: str, text: str) -> Detail:
    if len(text) <= FOLD_CHARACTERS and text.count("\n") < FOLD_LINES:
        return Detail(label, text)
    return Detail(
        label, text, f"{single_line(text, SUMMARY_CHARACTERS)} ({len(text):,} characters)"
    )


def _nested(label: str, value: dict[str, Any] | list[Any]) -> Detail:
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        flat = ", ".join(item if isinstance(item, str) else json.dumps(item) for item in value)
        if len(flat) <= SUMMARY_CHARACTERS and "\n" not in flat:
            return Detail(label, flat)
    pretty = json.dumps(value, ensure_ascii=False, indent=2)
    noun = "entry" if len(value) == 1 else "entries"
    return Detail(label, pretty, f"{len(value)} {noun}", is_code=True)
