"""The Python client: ask a person, wait for the answer, and go on.

    from pausepoint.client import PausePoint

    pausepoint = PausePoint()
    answer = pausepoint.ask("+15550100199", "Delete 500 records?", ["Approve", "Reject"])
    if answer.is_("Approve"):
        ...

It needs httpx2 and msgspec, and nothing of the server.
"""

from pausepoint.client.answer import Answer
from pausepoint.client.async_client import AsyncPausePoint
from pausepoint.client.decorator import requires_approval
from pausepoint.client.errors import (
    ApiError,
    ArgumentsChanged,
    Cancelled,
    ClientMisused,
    Conflict,
    Erased,
    FieldProblem,
    InvalidRequest,
    InvalidSignature,
    MismatchedAnswer,
    NotAllowed,
    NotConfigured,
    NotFound,
    NotShowable,
    PausePointError,
    RateLimited,
    Rejected,
    ServerError,
    StillPending,
    TimedOut,
    Unanswered,
    Unauthorized,
    Undeliverable,
    UnexpectedAnswer,
    Unreachable,
)
from pausepoint.client.feed import FeedEvent
from pausepoint.client.results import (
    Action,
    Attempt,
    AuditEntry,
    Delivery,
    Fallback,
    Page,
    Pause,
    Webhook,
    WebhookDelivery,
)
from pausepoint.client.sync_client import PausePoint
from pausepoint.client.verification import EventData, WebhookEvent, verify_webhook

__all__ = [
    "Action",
    "Answer",
    "ApiError",
    "ArgumentsChanged",
    "AsyncPausePoint",
    "Attempt",
    "AuditEntry",
    "Cancelled",
    "ClientMisused",
    "Conflict",
    "Delivery",
    "Erased",
    "EventData",
    "Fallback",
    "FeedEvent",
    "FieldProblem",
    "InvalidRequest",
    "InvalidSignature",
    "MismatchedAnswer",
    "NotAllowed",
    "NotConfigured",
    "NotFound",
    "NotShowable",
    "Page",
    "Pause",
    "PausePoint",
    "PausePointError",
    "RateLimited",
    "Rejected",
    "ServerError",
    "StillPending",
    "TimedOut",
    "Unanswered",
    "Unauthorized",
    "Undeliverable",
    "UnexpectedAnswer",
    "Unreachable",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
    "requires_approval",
    "verify_webhook",
]
