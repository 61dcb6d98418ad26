"""Check that an answer belongs to the request it came for.

A proxy that mixes up connections, or two processes that share a socket, can deliver the answer to
someone else's request. Such an answer is well formed, so only its content shows the mistake. Every
check raises MismatchedAnswer, and the answer is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from pausepoint.client.errors import MismatchedAnswer
from pausepoint.client.protocol import Request
from pausepoint.client.results import AuditEntry, Page, Pause, WebhookDelivery

_PREFIX = "psr_"


def check_pause_id(pause: Pause, pause_id: str) -> None:
    """Raises MismatchedAnswer if this is another pause. The prefix of an id may be left out."""
    if _bare(pause.pause_id) != _bare(pause_id):
        raise mismatch("It is another pause than the one that was asked for.", pause_id)


def check_created(pause: Pause, request: Request) -> None:
    """Raises MismatchedAnswer if the pause asks something else than the request did.

    The recipient is not compared: the server normalises or masks it.
    """
    body: dict[str, Any] = msgspec.json.decode(request.content or b"{}")
    is_erased = pause.message is None and not pause.is_pending
    asked: dict[str, Any] = {"channel": body["channel"]}
    got: dict[str, Any] = {"channel": pause.channel}
    if not is_erased:
        for name in ("message", "options", "allow_text_response", "timeout_default", "metadata"):
            asked[name], got[name] = body[name], getattr(pause, name)
        got["options"] = list(pause.options or ())
        # A server that does not know actions ignores them: the person would not see what they allow.
        asked["action"] = body.get("action")
        got["action"] = pause.action and msgspec.to_builtins(pause.action)
        asked["fallback"] = [each["channel"] for each in body.get("fallback", ())]
        got["fallback"] = [each.channel for each in pause.fallback or ()]
        asked["remind_at"] = "remind_after_hours" in body
        got["remind_at"] = pause.remind_at is not None
    wrong = [name for name, value in asked.items() if got[name] != value]
    if wrong:
        raise mismatch(f"The pause has another {wrong[0]} than was asked.", pause.pause_id)


def check_choice(pause: Pause) -> None:
    """Raises MismatchedAnswer for a choice that is not one of the pause's own options."""
    choice = pause.response_choice
    if choice is not None and pause.options is not None and choice not in pause.options:
        raise mismatch("The choice is not one of the pause's options.", pause.pause_id)


def check_same_question(pause: Pause, created: Pause) -> None:
    """Raises MismatchedAnswer if a pause no longer asks what it asked when it was created."""
    if pause.message is None and not pause.is_pending:
        return  # erased
    if (pause.message, pause.options, pause.channel) != (
        created.message,
        created.options,
        created.channel,
    ):
        raise mismatch("The pause no longer asks what it asked at first.", pause.pause_id)


def check_pauses(page: Page[Pause], status: str | None, limit: int, offset: int) -> None:
    """Raises MismatchedAnswer if this is another part of the list, or of another list."""
    check_page(page, limit, offset)
    if status and any(pause.status != status for pause in page):
        raise mismatch("It lists pauses of another status than was asked for.")


def check_audit(
    page: Page[AuditEntry], pause_id: str | None, event_type: str | None, limit: int, offset: int
) -> None:
    """Check a page of audit entries as `check_pauses` does."""
    check_page(page, limit, offset)
    if pause_id and any(_bare(entry.pause_request_id or "") != _bare(pause_id) for entry in page):
        raise mismatch("It lists entries of another pause than was asked for.", pause_id)
    if event_type and any(entry.event_type != event_type for entry in page):
        raise mismatch("It lists entries of another type than was asked for.")


def check_page(page: Page[Any], limit: int, offset: int) -> None:
    """Raises MismatchedAnswer if this is another part of the list than was asked for."""
    if (page.limit, page.offset) != (limit, offset) or len(page) > limit:
        raise mismatch("It is another part of the list than was asked for.")


def check_webhook(events: Sequence[str], asked: Sequence[str]) -> None:
    """Raises MismatchedAnswer if a webhook was registered for other events."""
    if set(events) != set(asked):
        raise mismatch("The webhook gets other events than was asked for.")


def check_delivery(delivery: WebhookDelivery, delivery_id: str) -> None:
    """Raises MismatchedAnswer if this is another delivery."""
    if delivery.delivery_id != delivery_id:
        raise mismatch("It is another delivery than the one that was asked for.")


def mismatch(what: str, pause_id: str | None = None) -> MismatchedAnswer:
    error = MismatchedAnswer(
        f"An answer came that belongs to another request. {what} Nothing was decided by it. Do two"
        " processes share this client's connections, or does a proxy mix them up?"
    )
    error.may_have_been_done = True
    error.pause_id = pause_id
    return error


def _bare(pause_id: str) -> str:
    return pause_id.strip().lower().removeprefix(_PREFIX)
