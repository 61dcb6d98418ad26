"""PausePoint: an AI agent stops, asks a person, and goes on with the answer.

The client's names are here too, imported on first use: `from pausepoint import PausePoint`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` is slow to import, and the MCP server starts without it
if TYPE_CHECKING:
    from typing import Any

    from pausepoint.client import (
        Answer,
        AsyncPausePoint,
        PausePoint,
        PausePointError,
        requires_approval,
        verify_webhook,
    )

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AsyncPausePoint",
    "PausePoint",
    "PausePointError",
    "requires_approval",
    "verify_webhook",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pausepoint import client  # noqa: PLC0415 - the server and its commands do without

    return getattr(client, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
