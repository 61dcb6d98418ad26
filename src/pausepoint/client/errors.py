"""All that the client raises, in one tree. No message, recipient, link or key is in any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct

if TYPE_CHECKING:
    from pausepoint.client.results import Pause


class FieldProblem(Struct, frozen=True):
    """What is wrong with which field of a request."""

    field: str
    message: str


class PausePointError(Exception):
    """The root. `code` is for programs, `message` for people.

    `status_code` is that of the HTTP answer, None where there was none. `detail` holds the fields
    that were refused. `request_id` finds the request in the server's log.
    """

    default_code: ClassVar[str] = "PAUSEPOINT_ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status_code: int | None = None,
        detail: tuple[FieldProblem, ...] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or self.default_code
        self.message = message
        self.status_code = status_code
        self.detail = detail
        self.request_id = request_id

    def __str__(self) -> str:
        problems = "; ".join(f"{problem.field}: {problem.message}" for problem in self.detail)
        request = self.request_id and f"request {self.request_id}"
        notes = "".join(f" ({note})" for note in (problems, request) if note)
        return f"{self.code}: {self.message}{notes}"


class NotConfigured(PausePointError):
    """The client has no API key or no usable address."""

    default_code = "NOT_CONFIGURED"


# ── The server, or what stands before it, said no ──


class ApiError(PausePointError):
    """PausePoint refused. `retry_after` is how many seconds it asks to wait, where it does.

    `was_repeated` says that an earlier attempt of this very call may have been carried out.
    """

    retry_after: float | None = None
    was_repeated: bool = False


class InvalidRequest(ApiError):
    """Something about the request is wrong: 400, 422 and the like. `detail` says which field."""

    default_code = "VALIDATION_ERROR"


class Unauthorized(ApiError):
    """401: the API key is not valid."""


class NotAllowed(ApiError):
    """402, 403, 421: the key is valid, and may not do this."""


class NotFound(ApiError):
    """404: there is no such pause or webhook for this key."""


class Conflict(ApiError):
    """409, 410: a concurrent request won. The pause is answered, cancelled or timed out already."""


class RateLimited(ApiError):
    """429, for longer than the client's patience."""


class ServerError(ApiError):
    """5xx: PausePoint cannot do this now."""


class Unreachable(PausePointError):
    """No answer, for longer than the client's patience.

    `may_have_been_done` says whether a request arrived whose answer was lost; then ask again with
    this `idempotency_key`, and the person is asked only once. While an answer was waited for, `pause_id`
    is what to go on with.
    """

    default_code = "UNREACHABLE"
    may_have_been_done: bool = False
    idempotency_key: str | None = None
    pause_id: str | None = None


class UnexpectedAnswer(Unreachable):
    """An answer that PausePoint does not give: a proxy's, or the base URL leads elsewhere."""

    default_code = "UNEXPECTED_ANSWER"


class MismatchedAnswer(UnexpectedAnswer):
    """An answer of PausePoint's that belongs to another request. It decided nothing.

    Connections are mixed up: by a proxy, or by processes that share a client.
    """

    default_code = "MISMATCHED_ANSWER"


class ClientMisused(PausePointError):
    """This client cannot be used here: it belongs to another event loop or process."""

    default_code = "CLIENT_MISUSED"


# ── There will be no answer ──


class Unanswered(PausePointError):
    """The question has no answer. `pause` is how it stands."""

    def __init__(self, message: str, *, pause: Pause | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class TimedOut(Unanswered):
    """The deadline passed, and the question had no default."""

    default_code = "TIMED_OUT"


class Cancelled(Unanswered):
    """The question was withdrawn."""

    default_code = "CANCELLED"


class Undeliverable(Unanswered):
    """The message could not be delivered, for good. The pause is still pending: cancel it, or ask another way."""

    default_code = "UNDELIVERABLE"


class StillPending(Unanswered):
    """`wait` was given a time-out of its own and it passed. The pause goes on."""

    default_code = "STILL_PENDING"


class Erased(Unanswered):
    """It was answered, and the answer has been erased since."""

    default_code = "ERASED"


# ── requires_approval ──


class Rejected(PausePointError):
    """The person said no, so the function did not run. `text` is their note, or None."""

    default_code = "REJECTED"

    def __init__(
        self, message: str, *, text: str | None = None, pause_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.text = text
        self.pause_id = pause_id


class NotShowable(PausePointError):
    """The arguments cannot be shown to a person as a whole, so no question was sent."""

    default_code = "NOT_SHOWABLE"


class ArgumentsChanged(PausePointError):
    """The arguments are no longer those that the person saw, so the function did not run."""

    default_code = "ARGUMENTS_CHANGED"


# ── Webhooks ──


class InvalidSignature(PausePointError):
    """This is not an event that PausePoint signed with this secret, or it is too old."""

    default_code = "INVALID_SIGNATURE"
