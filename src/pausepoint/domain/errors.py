"""Every error a caller can cause: its code, its HTTP status and its sentence, in one tree.

`docs/reference/errors.md` lists the same codes; a test keeps the two alike.
"""

from __future__ import annotations

from typing import ClassVar


class PausePointError(Exception):
    """The root. A subclass names its `code` and `status`; the message says what to do."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong inside PausePoint. Try again later."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message or self.sentence)
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        return str(self)


class InternalError(PausePointError):
    pass


# ── What was sent cannot be read, or is not allowed there ──


class InvalidJson(PausePointError):
    code, status = "INVALID_JSON", 400
    sentence = "The body is not valid JSON."


class InvalidRequest(PausePointError):
    """The HTTP message itself is malformed."""

    code, status = "INVALID_REQUEST", 400
    sentence = "This is not a valid HTTP request."


class HeadersTooLarge(PausePointError):
    code, status = "HEADERS_TOO_LARGE", 431
    sentence = "The headers are too large: at most 64 KiB are taken."


class InvalidChannel(PausePointError):
    code, status = "INVALID_CHANNEL", 400
    sentence = "Unknown channel. Use one of: sms, email, slack."


class InvalidOptions(PausePointError):
    code, status = "INVALID_OPTIONS", 400
    sentence = "Give 2 to 5 distinct options of 1 to 100 characters each."


class InvalidChoice(PausePointError):
    code, status = "INVALID_CHOICE", 400
    sentence = "This is not one of the options."


class ValidationFailed(PausePointError):
    """`detail` is a list of (field, what is wrong with it)."""

    code, status = "VALIDATION_ERROR", 422
    sentence = "Some fields are missing or wrong; see `detail`."

    def __init__(self, *detail: tuple[str, str]) -> None:
        super().__init__()
        self.detail = detail


class InvalidRecipient(PausePointError):
    code, status = "INVALID_RECIPIENT", 422
    sentence = "The recipient does not fit the channel."


class InvalidWebhookUrl(PausePointError):
    code, status = "INVALID_WEBHOOK_URL", 422
    sentence = "The webhook's URL must be https and lead to a public address."


class IdempotencyMismatch(PausePointError):
    code, status = "IDEMPOTENCY_MISMATCH", 422
    sentence = "This Idempotency-Key was used with another body. Use a new key."


class RequestTimeout(PausePointError):
    code, status = "REQUEST_TIMEOUT", 408
    sentence = "The body did not arrive in time. Send it again."


class PayloadTooLarge(PausePointError):
    code, status = "PAYLOAD_TOO_LARGE", 413
    sentence = "The body is too large."


class UnsupportedMediaType(PausePointError):
    code, status = "UNSUPPORTED_MEDIA_TYPE", 415
    sentence = "Send JSON with Content-Type: application/json."


class HostNotAllowed(PausePointError):
    code, status = "HOST_NOT_ALLOWED", 421
    sentence = "This server does not answer for that host name."


# ── Who is calling ──


class InvalidApiKey(PausePointError):
    code, status = "INVALID_API_KEY", 401
    sentence = "A valid API key is needed: send `Authorization: Bearer pp_live_…` or `pp_test_…`."


class InvalidCredentials(PausePointError):
    code, status = "INVALID_CREDENTIALS", 401
    sentence = "E-mail address or password is wrong."


class InvalidSignature(PausePointError):
    """A callback that its vendor did not sign."""

    code, status = "INVALID_SIGNATURE", 401
    sentence = "The signature of this callback is missing or wrong."


class PlanLimitReached(PausePointError):
    code, status = "PLAN_LIMIT_REACHED", 402
    sentence = "This month's pauses of your plan are used up."


class ChannelNotAllowed(PausePointError):
    code, status = "CHANNEL_NOT_ALLOWED", 403
    sentence = "Your plan does not include this channel."


class RecipientNotAllowed(PausePointError):
    code, status = "RECIPIENT_NOT_ALLOWED", 403
    sentence = (
        "This recipient has not agreed to be asked by this account. Add it with POST"
        " /v1/recipients: the person is sent a link, and confirms once."
    )


class RecipientMuted(PausePointError):
    code, status = "RECIPIENT_MUTED", 403
    sentence = "This person does not want to be asked by this account. Ask somebody else."


class ScopeMissing(PausePointError):
    code, status = "SCOPE_MISSING", 403
    sentence = "This key may not do that. Use a key that has the scope."


class AddressNotAllowed(PausePointError):
    code, status = "ADDRESS_NOT_ALLOWED", 403
    sentence = "This key may not be used from your address."


class RegistrationClosed(PausePointError):
    code, status = "REGISTRATION_CLOSED", 403
    sentence = "Registration is closed here. Ask the operator for an account."


class CrossSite(PausePointError):
    code, status = "CROSS_SITE", 403
    sentence = "This answer was sent from another site and was not taken."


class RecipientBusy(PausePointError):
    code, status = "RECIPIENT_BUSY", 429
    sentence = "This person has been asked too often. Wait as long as Retry-After says."


class RateLimited(PausePointError):
    code, status = "RATE_LIMITED", 429
    sentence = "Too many requests. Wait as long as Retry-After says."


# ── What is not there ──


class NotFound(PausePointError):
    code, status = "NOT_FOUND", 404
    sentence = "There is nothing here."


class MethodNotAllowed(PausePointError):
    code, status = "METHOD_NOT_ALLOWED", 405
    sentence = "This path does not take that method."


class PauseNotFound(PausePointError):
    code, status = "PAUSE_NOT_FOUND", 404
    sentence = "There is no such pause."


class KeyNotFound(PausePointError):
    code, status = "KEY_NOT_FOUND", 404
    sentence = "There is no such key."


class WebhookNotFound(PausePointError):
    code, status = "WEBHOOK_NOT_FOUND", 404
    sentence = "There is no such webhook."


class RecipientNotFound(PausePointError):
    code, status = "RECIPIENT_NOT_FOUND", 404
    sentence = "There is no such recipient."


class DeliveryNotFound(PausePointError):
    code, status = "DELIVERY_NOT_FOUND", 404
    sentence = "There is no such delivery."


class TokenInvalid(PausePointError):
    code, status = "TOKEN_INVALID", 404
    sentence = "This link is not valid. Open it exactly as it was sent."


class EventsGone(PausePointError):
    code, status = "EVENTS_GONE", 410
    sentence = (
        "What followed this Last-Event-ID cannot be told: it is no longer kept, or the id is not"
        " from this server. Begin without it; GET /v1/audit has what is kept."
    )


# ── Somebody was first ──


class AlreadyResponded(PausePointError):
    code, status = "ALREADY_RESPONDED", 409
    sentence = "The person has already answered this pause."


class AlreadyCancelled(PausePointError):
    code, status = "ALREADY_CANCELLED", 409
    sentence = "This pause was already cancelled."


class AlreadyTimedOut(PausePointError):
    code, status = "ALREADY_TIMED_OUT", 409
    sentence = "This pause has already timed out."


class PauseStillPending(PausePointError):
    code, status = "PAUSE_PENDING", 409
    sentence = "This pause still waits for its answer. Cancel it first."


class EmailTaken(PausePointError):
    code, status = "EMAIL_TAKEN", 409
    sentence = "There is already an account with this e-mail address."


class TooManyKeys(PausePointError):
    code, status = "TOO_MANY_KEYS", 409
    sentence = "This account has 100 keys already. Revoke one first."


class TokenUsed(PausePointError):
    code, status = "TOKEN_USED", 410
    sentence = "This question was already answered."


class TokenExpired(PausePointError):
    code, status = "TOKEN_EXPIRED", 410
    sentence = "The time to answer this question is over."


class PauseCancelled(PausePointError):
    code, status = "PAUSE_CANCELLED", 410
    sentence = "The agent withdrew this question."


# ── We cannot, now ──


class ChannelNotConfigured(PausePointError):
    code, status = "CHANNEL_NOT_CONFIGURED", 503
    sentence = "This channel is not set up on this server. Ask its operator, or use a test key."


class Unavailable(PausePointError):
    code, status = "UNAVAILABLE", 503
    sentence = "PausePoint cannot take this right now. Nothing was done. Try again shortly."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 1) -> None:
        super().__init__(message, retry_after=retry_after)


def catalogue() -> dict[str, type[PausePointError]]:
    """Every error by its code."""
    found: dict[str, type[PausePointError]] = {}
    queue: list[type[PausePointError]] = [PausePointError]
    while queue:
        error = queue.pop()
        found[error.code] = error
        queue.extend(error.__subclasses__())
    return found
