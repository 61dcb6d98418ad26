"""The limits of a question, validated before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from pausepoint.domain.account import wrong_secret
from pausepoint.domain.action import Action
from pausepoint.domain.errors import InvalidOptions, ValidationFailed
from pausepoint.domain.pause import Contact
from pausepoint.domain.record import record

MESSAGE_LIMIT: Final = 2000
OPTION_LIMIT: Final = 100
MAX_TIMEOUT_HOURS: Final = 8760
METADATA_LIMIT: Final = 16 * 1024
FALLBACK_LIMIT: Final = 3
SHORTEST: Final = timedelta(milliseconds=1)


@record(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as the agent sent it, by the API's names; not yet validated."""

    recipient: str
    channel: str
    message: str
    options: tuple[str, ...]
    allow_text_response: bool = False
    timeout_hours: float = 24
    timeout_default: str | None = None
    metadata: dict[str, Any] | None = None
    callback_url: str | None = None
    callback_secret: str | None = None
    remind_after_hours: float | None = None
    fallback: tuple[Contact, ...] = ()
    action: Action | None = None

    @property
    def remind_after(self) -> timedelta | None:
        return None if self.remind_after_hours is None else timedelta(hours=self.remind_after_hours)

    @property
    def timeout(self) -> timedelta:
        return timedelta(hours=self.timeout_hours)


def check_question(
    question: Question, metadata_size: int, looks_like: Callable[[str], str]
) -> None:
    """Raises ValidationFailed, with every field that is wrong, or InvalidOptions.

    `looks_like` maps a text to a form that is equal for texts that look alike, and empty
    for a text that draws nothing;
    `metadata_size` is in bytes of JSON.
    """
    _check_fields(question, metadata_size)
    _check_options(question.options, looks_like)
    if question.timeout_default is not None and question.timeout_default not in question.options:
        raise InvalidOptions("timeout_default must be one of the options, or null.")


def _check_fields(question: Question, metadata_size: int) -> None:
    wrong: list[tuple[str, str]] = []
    if not question.message.strip():
        wrong.append(("message", "Must not be empty."))
    elif len(question.message) > MESSAGE_LIMIT:
        wrong.append(("message", f"Must have at most {MESSAGE_LIMIT} characters."))
    # Written so that NaN fails too.
    if not 0 < question.timeout_hours <= MAX_TIMEOUT_HOURS or question.timeout < SHORTEST:
        wrong.append(("timeout_hours", f"Must be more than 0 and at most {MAX_TIMEOUT_HOURS}."))
    if metadata_size > METADATA_LIMIT:
        wrong.append(("metadata", f"Must have at most {METADATA_LIMIT} bytes as JSON."))
    if question.callback_url is not None or question.callback_secret is not None:
        wrong += _wrong_callback(question)
    if question.remind_after_hours is not None and not _is_in_time(question):
        wrong.append(("remind_after_hours", "Must be more than 0 and less than timeout_hours."))
    if len(question.fallback) > FALLBACK_LIMIT:
        wrong.append(("fallback", f"Must name at most {FALLBACK_LIMIT}."))
    if wrong:
        raise ValidationFailed(*wrong)


def _is_in_time(question: Question) -> bool:
    """Written so that NaN is not."""
    hours = question.remind_after_hours
    if hours is None or not 0 < hours < question.timeout_hours <= MAX_TIMEOUT_HOURS:
        return False
    return SHORTEST <= timedelta(hours=hours) < timedelta(hours=question.timeout_hours)


def _wrong_callback(question: Question) -> list[tuple[str, str]]:
    """That the URL is one that may be called is not checked here."""
    if question.callback_url is None:
        return [("callback_url", "A callback_secret needs a callback_url.")]
    if question.callback_secret is None:
        return [("callback_secret", "A callback_url needs a callback_secret.")]
    if sentence := wrong_secret(question.callback_secret):
        return [("callback_secret", sentence)]
    return []


def _check_options(options: Sequence[str], looks_like: Callable[[str], str]) -> None:
    if not 2 <= len(options) <= 5:
        raise InvalidOptions
    if not all(option.strip() and len(option) <= OPTION_LIMIT for option in options):
        raise InvalidOptions
    # A browser sends a line break in a button's value as another one: it could never be chosen.
    if any(len(option.splitlines()) > 1 or option != option.strip("\r\n") for option in options):
        raise InvalidOptions("An option must be one line.")
    looks = {looks_like(option) for option in options}
    if "" in looks:
        raise InvalidOptions("One of the options has nothing in it that can be seen.")
    if len(looks) != len(options):
        raise InvalidOptions("Two of the options look the same. Make each one distinct.")
