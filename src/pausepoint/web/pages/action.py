"""A pause's action as the page shows it: every argument whole, as text, and what identifies it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pausepoint.domain.action import Action


@dataclass(frozen=True, slots=True)
class Argument:
    """`label` is None where the arguments are no object."""

    label: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ShownAction:
    tool: str
    arguments: tuple[Argument, ...]
    sha256: str


def shown(action: Action) -> ShownAction:
    """In the agent's own order. A text stands as it is; anything else as JSON."""
    return ShownAction(action.tool, tuple(_arguments(action)), action.sha256)


def _arguments(action: Action) -> Iterator[Argument]:
    arguments = action.arguments
    if isinstance(arguments, dict) and arguments:
        for label, value in arguments.items():
            yield Argument(label, _text(value))
    else:
        yield Argument(None, _text(arguments))


def _text(value: object) -> str:
    # A blank text would look like nothing at all.
    if isinstance(value, str) and value.strip():
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)
