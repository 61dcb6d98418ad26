"""`requires_approval` with the settings of the environment, for sync and async functions both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from pausepoint.client.approval import Approval, Decorator, is_async
from pausepoint.client.async_client import AsyncPausePoint, guard_async
from pausepoint.client.results import Fallback
from pausepoint.client.sync_client import PausePoint, guard

P = ParamSpec("P")
R = TypeVar("R")


def requires_approval(
    recipient: str,
    *,
    channel: str | None = None,
    message: str | None = None,
    timeout: timedelta | None = None,
    metadata: Mapping[str, Any] | None = None,
    remind_after: timedelta | None = None,
    fallback: Sequence[str | Fallback] | None = None,
    approve: str = "Approve",
    reject: str = "Reject",
    hide: Collection[str] = (),
) -> Decorator:
    """Lets a function run only after a person has seen its name and arguments, and approved.

    It runs with copies of exactly those arguments; what it raises comes through untouched.
    `message` is what stands above them, a format string with the arguments' names, such as
    "Wire ${amount} to {payee}?". `hide` names arguments that the person need not see. Silence
    approves nothing. Raises Rejected, which has the person's note; TimedOut; NotShowable, before
    a question is sent, where the arguments cannot be shown as a whole; and the errors of `ask`.
    """
    approval = Approval(
        recipient=recipient,
        channel=channel,
        message=message,
        timeout=timeout,
        metadata=metadata,
        remind_after=remind_after,
        fallback=fallback,
        approve=approve,
        reject=reject,
        hide=frozenset(hide),
    )

    def decorate(function: Callable[P, R], /) -> Callable[P, R]:
        if is_async(function):
            return guard_async(function, approval, AsyncPausePoint)
        return guard(function, approval, PausePoint)

    return decorate
