"""Every error that may leave, by its code: what the documentation lists, and its tests walk through."""

from __future__ import annotations

from pausepoint.domain import errors
from pausepoint.domain.errors import PausePointError
from pausepoint.web import request_errors


def catalogue() -> dict[str, type[PausePointError]]:
    return {
        kind.code: kind
        for room in (errors, request_errors)
        for kind in vars(room).values()
        if isinstance(kind, type)
        and issubclass(kind, PausePointError)
        and kind is not PausePointError
    }
