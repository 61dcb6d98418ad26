"""The action that an agent asks about: a tool and its arguments, exactly as a person must see them."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from pausepoint.domain.record import record

ACTION_LIMIT: Final = 256 * 1024
"""Bytes of canonical JSON."""

TOOL_LIMIT: Final = 200


@record(frozen=True, slots=True)
class Action:
    """`sha256` is that of the canonical JSON of tool and arguments.

    `arguments_json` is JSON in the agent's key order; None where it was not read: a list leaves it out.
    """

    tool: str
    sha256: str
    arguments_json: bytes | None = None

    @property
    def arguments(self) -> Any:
        return None if self.arguments_json is None else json.loads(self.arguments_json)


def new_action(tool: str, arguments: Any) -> Action:
    """Raises ValueError with a sentence for the caller."""
    if not tool.strip() or len(tool) > TOOL_LIMIT:
        raise ValueError(f"The tool's name must have 1 to {TOOL_LIMIT} characters.")
    canonical = canonical_json(tool, arguments)
    if len(canonical) > ACTION_LIMIT:
        raise ValueError(
            f"Must have at most {ACTION_LIMIT} bytes as JSON, so that a person is shown all of it;"
            f" this has {len(canonical)}."
        )
    return Action(tool, hashlib.sha256(canonical).hexdigest(), _json(arguments).encode())


def canonical_json(tool: str, arguments: Any) -> bytes:
    """Keys sorted, no blanks, UTF-8: equal for equal actions."""
    return _json({"arguments": arguments, "tool": tool}, sort_keys=True).encode()


def _json(value: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"), allow_nan=False
    )
