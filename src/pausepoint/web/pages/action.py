"""A pause's action as the page shows it: every argument whole, as text, and what identifies it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pausepoint.domain.action import Action
from pausepoint.web.pages.details import first_rows, pretty

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,79}")
_OUR_ROWS: Final = ("tool", "arguments", "sha-256")
"""What our rows on the page begin with."""


@dataclass(frozen=True, slots=True)
class Argument:
    """`label` is the name, quoted if it could pass for one of our rows.

    None for several together, and where the arguments are no object.
    """

    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ShownAction:
    tool: str
    arguments: tuple[Argument, ...]
    sha256: str


def show_action(action: Action) -> ShownAction:
    """In the agent's own order. A text stands as it is; anything else as JSON."""
    return ShownAction(action.tool, tuple(_arguments(action)), action.sha256)


def _arguments(action: Action) -> Iterator[Argument]:
    arguments = action.arguments
    if not isinstance(arguments, dict) or not arguments:
        yield Argument(None, _text(arguments))
        return
    own_row, rest = first_rows(arguments)
    for label, value in own_row.items():
        yield Argument(_label(label), _text(value))
    if rest:
        yield Argument(None, pretty(rest))


def _label(name: str) -> str:
    """Quoted as JSON unless it is a plain name and none of ours: `"Tool"`, `"SHA-256 of …"`."""
    if _PLAIN_NAME.fullmatch(name) and name.casefold() not in _OUR_ROWS:
        return name
    return json.dumps(name, ensure_ascii=False)


def _text(value: object) -> str:
    # A blank text would look like nothing at all.
    if isinstance(value, str) and value.strip():
        return value
    return pretty(value)
