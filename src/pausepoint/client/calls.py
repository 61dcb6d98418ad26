"""The client's methods, each once for both drivers: generators that yield requests, and no I/O.

`policy` takes the place of `self`. The docstrings are those that `help(PausePoint)` shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Unpack

import msgspec

from pausepoint.client import matching, waiting
from pausepoint.client.answer import Answer
from pausepoint.client.errors import Conflict, Unreachable
from pausepoint.client.paths import look, path, query
from pausepoint.client.protocol import Request, Steps
from pausepoint.client.question import Details, question, seconds
from pausepoint.client.results import AuditEntry, Page, Pause, WebhookDelivery
from pausepoint.client.retrying import RetryPolicy, request_with_retries
from pausepoint.client.waiting import OnPending


def ask(
    policy: RetryPolicy,
    recipient: str,
    message: str,
    options: Sequence[str],
    *,
    on_pending: OnPending | None = None,
    **details: Unpack[Details],
) -> Steps[Answer]:
    """Ask a person, wait, and return the answer.

    `channel` is guessed from the recipient. `timeout` is 24 hours unless given; `default` is the
    option taken then. `action` is what you are about to do; the page shows all of it. `remind_after`
    is when the question is sent again; `fallback` are up to three others, asked if the message fails
    or there is no answer by then. This pause's events are posted to `callback_url`, signed with
    `callback_secret` of 16 to 512 characters. With an
    `idempotency_key` the same question, asked again until seven days after its deadline, finds the
    same pause. `on_pending` is called with the pause after each poll while it is
    not answered yet. Raises TimedOut, Cancelled, Undeliverable, ApiError, Unreachable.
    """
    request = question(recipient, message, options, details)
    pause = yield from _created(request, policy)
    return (yield from waiting.from_pause(pause, policy, on_pending))


def create(
    policy: RetryPolicy,
    recipient: str,
    message: str,
    options: Sequence[str],
    **details: Unpack[Details],
) -> Steps[Pause]:
    """Ask a person, and return at once. `wait` for the answer later, or receive a webhook."""
    request = question(recipient, message, options, details)
    return (yield from _created(request, policy.for_a_call()))


def get(policy: RetryPolicy, pause_id: str) -> Steps[Pause]:
    """Return the current state of the pause."""
    pause = (yield from request_with_retries(look(pause_id), Pause, policy.for_a_call())).value
    matching.check_pause_id(pause, pause_id)
    return pause


def wait(
    policy: RetryPolicy,
    pause_id: str | Pause,
    *,
    timeout: timedelta | None = None,
    on_pending: OnPending | None = None,
) -> Steps[Answer]:
    """Wait for the answer as `ask` does, at most `timeout`; then raises StillPending.

    Given the pause that `create` returned instead of its id, the answer is held against the question.
    """
    limit = None if timeout is None else seconds(timeout)
    if isinstance(pause_id, Pause):
        return (yield from waiting.from_pause(pause_id, policy, on_pending, limit))
    return (yield from waiting.wait(pause_id, limit, policy, on_pending))


def cancel(policy: RetryPolicy, pause_id: str) -> Steps[Pause]:
    """Withdraw the question. Raises Conflict if it had already ended."""
    request = Request(method="DELETE", path=path("pause", pause_id))
    try:
        pause = (yield from request_with_retries(request, Pause, policy.for_a_call())).value
        matching.check_pause_id(pause, pause_id)
        return pause
    except Conflict as conflict:
        # After an attempt whose answer was lost: that one did it.
        if conflict.code != "ALREADY_CANCELLED" or not conflict.was_repeated:
            raise
    return (yield from get(policy, pause_id))


def erase(policy: RetryPolicy, pause_id: str) -> Steps[Pause]:
    """Erase question, recipient and answer for good; the pause stays.

    Idempotent. Raises Conflict while it is pending: cancel it first.
    """
    request = Request(method="DELETE", path=path("pause", pause_id, "content"))
    pause = (yield from request_with_retries(request, Pause, policy.for_a_call())).value
    matching.check_pause_id(pause, pause_id)
    return pause


def list_pauses(
    policy: RetryPolicy, *, status: str | None = None, limit: int = 20, offset: int = 0
) -> Steps[Page[Pause]]:
    """List the pauses of this key's account and mode, newest first. `limit` is at most 100."""
    asked = path("pause") + query({"status": status, "limit": limit, "offset": offset})
    request = Request(method="GET", path=asked)
    page = (yield from request_with_retries(request, Page[Pause], policy.for_a_call())).value
    matching.check_pauses(page, status, limit, offset)
    return page


def audit(
    policy: RetryPolicy,
    *,
    pause_id: str | None = None,
    event_type: str | None = None,
    from_date: date | str | None = None,
    to_date: date | str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> Steps[Page[AuditEntry]]:
    """List entries of the audit log, newest first. Both dates are inclusive."""
    filters = {
        "pause_id": pause_id,
        "event_type": event_type,
        "from_date": from_date,
        "to_date": to_date,
        "limit": limit,
        "offset": offset,
    }
    request = Request(method="GET", path=path("audit") + query(filters))
    page = (yield from request_with_retries(request, Page[AuditEntry], policy.for_a_call())).value
    matching.check_audit(page, pause_id, event_type, limit, offset)
    return page


def callbacks(
    policy: RetryPolicy, pause_id: str, *, limit: int = 20, offset: int = 0
) -> Steps[Page[WebhookDelivery]]:
    """Return the deliveries to the pause's `callback_url`, newest first. `limit` is at most 100."""
    asked = path("pause", pause_id, "callbacks") + query({"limit": limit, "offset": offset})
    request = Request(method="GET", path=asked)
    call = request_with_retries(request, Page[WebhookDelivery], policy.for_a_call())
    page = (yield from call).value
    matching.check_page(page, limit, offset)
    return page


def redeliver_callback(
    policy: RetryPolicy, pause_id: str, delivery_id: str
) -> Steps[WebhookDelivery]:
    """Send an event to the pause's `callback_url` again, at once."""
    asked = path("pause", pause_id, "callbacks", delivery_id, "redeliver")
    request = Request(method="POST", path=asked)
    call = request_with_retries(request, WebhookDelivery, policy.for_a_call())
    delivery = (yield from call).value
    matching.check_delivery(delivery, delivery_id)
    return delivery


def _created(request: Request, policy: RetryPolicy) -> Steps[Pause]:
    try:
        settled = yield from request_with_retries(request, Pause, policy)
        pause = settled.value
        matching.check_created(pause, request)
        # After a lost answer 200 means that an earlier attempt of this call made the pause. Unless
        # it has ended: no person answers between two attempts.
        is_replay = settled.status == 200 and not (settled.was_repeated and pause.is_pending)
        return msgspec.structs.replace(pause, is_replay=is_replay)
    except Unreachable as error:
        fate = (
            "The person may have been asked: ask again with the same idempotency_key."
            if error.may_have_been_done
            else "Nobody was asked."
        )
        error.message = f"{error.message} {fate}"
        raise
