"""The person's answer: by a signed token, once, before the deadline. The page and the API both call this."""

from __future__ import annotations

from pausepoint.domain.errors import (
    InvalidChoice,
    PauseCancelled,
    PausePointError,
    TokenExpired,
    TokenInvalid,
    TokenUsed,
    ValidationFailed,
)
from pausepoint.domain.pause import TEXT_LIMIT, Pause, PauseStatus, ended, respond
from pausepoint.domain.record import record
from pausepoint.domain.time import Instant
from pausepoint.operations.end_pause import end_pause
from pausepoint.operations.services import Services
from pausepoint.operations.time_out_pauses import is_default_withheld, settled_pause
from pausepoint.security.response_tokens import ResponseToken, issue, issue_mute, verify
from pausepoint.store.changes import Applied

_TOO_LATE: dict[PauseStatus, type[PausePointError]] = {
    PauseStatus.RESPONDED: TokenUsed,
    PauseStatus.CANCELLED: PauseCancelled,
    PauseStatus.TIMED_OUT: TokenExpired,
}


@record(frozen=True, slots=True)
class AskedPause:
    """A pause as the holder of its token sees it. `sender` is the account's name.

    `is_default_withheld` says that the deadline would not choose the default: see time_out_pauses.
    """

    pause: Pause
    sender: str
    is_default_withheld: bool = False


def respond_url(services: Services, pause: Pause, recipient_index: int = 0) -> str:
    """The person's link: the key to the decision. It says which of the pause's people they are."""
    return (
        f"{services.policy.public_url}/respond/{response_token(services, pause, recipient_index)}"
    )


def mute_url(services: Services, pause: Pause, recipient_index: int = 0) -> str:
    """Return the URL of an e-mail's opt-out page: it neither shows nor answers a question."""
    token = ResponseToken(pause.pause_id, pause.expires_at, recipient_index)
    signed = issue_mute(token, services.policy.secret_keys[0])
    return f"{services.policy.public_url}/mute/{signed}"


def response_token(services: Services, pause: Pause, recipient_index: int = 0) -> str:
    token = ResponseToken(pause.pause_id, pause.expires_at, recipient_index)
    return issue(token, services.policy.secret_keys[0])


async def find_question(services: Services, token: str) -> AskedPause:
    """Return the pause of a token, in any state. Read-only. Raises TokenInvalid."""
    pause = await services.store.pause(_verified(services, token).pause_id)
    if pause is None:
        raise TokenInvalid
    developer = await services.store.developer(pause.developer_id)
    sender = developer.name if developer else ""
    if pause.status.is_final:
        return AskedPause(pause, sender)
    return AskedPause(pause, sender, await is_default_withheld(services, pause))


def ended_error(pause: Pause, now: Instant) -> PausePointError | None:
    """Return the error for a link to a pause that has ended; None while it is pending."""
    status = PauseStatus.TIMED_OUT if pause.is_overdue(now) else pause.status
    return _TOO_LATE[status]() if status.is_final else None


async def respond_to_pause(services: Services, token: str, choice: str, text: str | None) -> Pause:
    """The answered pause.

    Raises TokenInvalid, TokenUsed, PauseCancelled, TokenExpired, InvalidChoice, ValidationFailed,
    judged in this order.
    """
    pause_id = _verified(services, token).pause_id
    while True:
        pause = await settled_pause(services, pause_id)
        if pause is None:
            raise TokenInvalid
        if pause.status.is_final:
            raise _TOO_LATE[pause.status]
        assert pause.content is not None, "what waits is never erased"
        if choice not in pause.content.options:
            raise InvalidChoice
        note = _checked_text(pause, text)
        ending = respond(pause, pause.content.options.index(choice), note, services.clock.now())
        if ending is None:
            continue
        result = await end_pause(services, pause, ending)
        if isinstance(result, Applied):
            return ended(pause, ending, result.at)


def _verified(services: Services, token: str) -> ResponseToken:
    verified = verify(token, services.policy.secret_keys)
    if verified is None:
        raise TokenInvalid
    return verified


def _checked_text(pause: Pause, text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    if not pause.allow_text_response:
        raise ValidationFailed(("text", "This question does not take a note."))
    if len(text) > TEXT_LIMIT:
        raise ValidationFailed(("text", f"A note has at most {TEXT_LIMIT} characters."))
    if "\0" in text or not _is_encodable(text):
        raise ValidationFailed(("text", "The note holds characters that are not text."))
    return text


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
