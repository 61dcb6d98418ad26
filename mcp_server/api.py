"""Requests to PausePoint's REST API and their outcomes: plain values, no I/O."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, TypeAlias

    Json: TypeAlias = dict[str, Any]
    Outcome: TypeAlias = "ApiAnswer | ApiFailure"
    ToolSteps: TypeAlias = Generator["ApiRequest", Outcome, Json]
    """Yields a request, is sent its outcome, and so on; returns the tool's result."""


class CallCancelled(Exception):
    """Thrown into a call's steps: its client no longer wants the answer."""


class Waiting:
    """The progress of a wait for a person when one of its requests is sent.

    `wait_seconds` is the whole wait, `waited_seconds` what lies behind it, `seconds_left` the time
    to the pause's deadline, None where it is not known yet.
    """

    __slots__ = ("seconds_left", "wait_seconds", "waited_seconds")

    def __init__(
        self, wait_seconds: int, waited_seconds: float, seconds_left: float | None
    ) -> None:
        self.wait_seconds = wait_seconds
        self.waited_seconds = waited_seconds
        self.seconds_left = seconds_left


class ApiRequest:
    """One request: `path` begins with `/v1/` and holds its query, ready to be sent.

    `hold_seconds` is how long the server may take on purpose; time-outs come on top of it.
    `delay_seconds` is how long to wait before it is sent; it counts as time that it took.
    """

    __slots__ = (
        "body",
        "delay_seconds",
        "hold_seconds",
        "idempotency_key",
        "method",
        "path",
        "waiting",
    )

    def __init__(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        idempotency_key: str | None = None,
        hold_seconds: int = 0,
        delay_seconds: int = 0,
        waiting: Waiting | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.body = body
        self.idempotency_key = idempotency_key
        self.hold_seconds = hold_seconds
        self.delay_seconds = delay_seconds
        self.waiting = waiting


class ApiAnswer:
    """A complete HTTP answer: `body` is the decoded JSON, None when it was not JSON.

    `seconds` is how long it took; `retry_after` the header of that name as it came.
    """

    __slots__ = ("body", "retry_after", "seconds", "status")

    def __init__(
        self, status: int, body: Any, *, seconds: float = 0.0, retry_after: str | None = None
    ) -> None:
        self.status = status
        self.body = body
        self.seconds = seconds
        self.retry_after = retry_after


class ApiFailure:
    """No complete answer. `sent` says whether the server may have acted on the request.

    `reason` is a sentence without its full stop, e.g. "Cannot reach PausePoint at …".
    """

    __slots__ = ("is_setup", "reason", "seconds", "sent")

    def __init__(
        self, reason: str, *, sent: bool, seconds: float = 0.0, is_setup: bool = False
    ) -> None:
        self.reason = reason
        self.sent = sent
        self.seconds = seconds
        self.is_setup = is_setup
