"""/v1/recipients: the types of recipients."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from pausepoint.domain.recipients import Recipient
from pausepoint.domain.time import to_rfc3339
from pausepoint.web.schemas import Timestamp, described, optional_time


class AddRecipientRequest(Struct, kw_only=True):
    recipient: Annotated[str, described("A {recipients}.")]
    channel: Annotated[str, described("{channels}.")]


class ConfirmationBody(Struct, kw_only=True):
    """The last message that asked the person."""

    state: Annotated[str, described("sent, failed or simulated.")]
    at: Timestamp
    code: Annotated[str | None, described("The vendor's own.")]


class RecipientBody(Struct, kw_only=True):
    recipient_id: str
    channel: str
    recipient: Annotated[str, described("A Slack webhook is shown masked.")]
    state: Annotated[str, described("unverified, verified or muted.")]
    created_at: Timestamp
    verified_at: Timestamp | None
    verified_by: Annotated[str | None, described("person or operator.")]
    confirmation: ConfirmationBody | None
    test: bool


class RecipientList(Struct, kw_only=True):
    items: list[RecipientBody]
    limit: int
    offset: int
    has_more: bool


def recipient_body(recipient: Recipient, shown: str, *, is_muted: bool) -> RecipientBody:
    """`shown` is the address, masked where it is a secret."""
    state = "unverified" if recipient.verified_at is None else "verified"
    confirmation = None
    if recipient.asking is not None and recipient.asked_at is not None:
        confirmation = ConfirmationBody(
            state=recipient.asking.value,
            at=to_rfc3339(recipient.asked_at),
            code=recipient.asked_code,
        )
    return RecipientBody(
        recipient_id=recipient.recipient_id,
        channel=recipient.contact.channel,
        recipient=shown,
        state="muted" if is_muted else state,
        created_at=to_rfc3339(recipient.created_at),
        verified_at=optional_time(recipient.verified_at),
        verified_by=recipient.verified_by,
        confirmation=confirmation,
        test=recipient.mode == "test",
    )
