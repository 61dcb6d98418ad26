"""`requires_approval` with the settings of the environment, for sync and async functions both."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pausepoint.client.approval import Approval, Approving, is_async
from pausepoint.client.async_client import AsyncPausePoint, guard_async
from pausepoint.client.sync_client import PausePoint, guard

P = ParamSpec("P")
R = TypeVar("R")


class _FromEnvironment(Approving):
    """Opens a client for each call; it reads `PAUSEPOINT_BASE_URL` and `PAUSEPOINT_API_KEY`."""

    def _guard(self, function: Callable[P, R], approval: Approval) -> Callable[P, R]:
        if is_async(function):
            return guard_async(function, approval, AsyncPausePoint)
        return guard(function, approval, PausePoint)


requires_approval = _FromEnvironment().requires_approval
