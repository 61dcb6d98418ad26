"""Every error that what is asked for can have: its code, its HTTP status and its sentence, in one tree.

Those of the HTTP request itself are in `web/request_errors.py`; `docs/reference/errors.md` lists both.
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


# ── What was sent does not fit ──


class InvalidChannel(PausePointError):
    code, status = "INVALID_CHANNEL", 400
    sentence = "Unknown channel. Use one of: {channel_list}."


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


class RecipientBusy(PausePointError):
    code, status = "RECIPIENT_BUSY", 429
    sentence = "This person has been asked too often. Wait as long as Retry-After says."


class RateLimited(PausePointError):
    code, status = "RATE_LIMITED", 429
    sentence = "Too many requests. Wait as long as Retry-After says."


# ── What is not there ──


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


# ── Conflicts: a concurrent request won ──


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


class TooManyWebhooks(PausePointError):
    code, status = "TOO_MANY_WEBHOOKS", 409
    sentence = "This account has 20 webhooks in this mode already. Delete one first."


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
