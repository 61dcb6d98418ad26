"""The one catalogue of what can happen: audit entries, webhook events and metrics share its names."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Actor(StrEnum):
    DEVELOPER = "developer"
    HUMAN = "human"
    SYSTEM = "system"


class Event(StrEnum):
    DEVELOPER_REGISTERED = "developer.registered"
    DEVELOPER_DISABLED = "developer.disabled"
    DEVELOPER_PLAN_SET = "developer.plan_set"
    DEVELOPER_ENABLED = "developer.enabled"
    API_KEY_CREATED = "api_key.created"
    API_KEY_ROTATED = "api_key.rotated"
    API_KEY_REVOKED = "api_key.revoked"
    PAUSE_CREATED = "pause.created"
    PAUSE_RESPONDED = "pause.responded"
    PAUSE_TIMED_OUT = "pause.timed_out"
    PAUSE_CANCELLED = "pause.cancelled"
    PAUSE_ERASED = "pause.erased"
    PAUSE_UNDELIVERABLE = "pause.undeliverable"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_DELIVERED = "webhook.delivered"
    WEBHOOK_FAILED = "webhook.failed"
    NOTIFICATION_SENT = "notification.sent"
    NOTIFICATION_DELIVERED = "notification.delivered"
    NOTIFICATION_FAILED = "notification.failed"
    RECIPIENT_ADDED = "recipient.added"
    RECIPIENT_VERIFIED = "recipient.verified"
    RECIPIENT_REMOVED = "recipient.removed"
    RECIPIENT_MUTED = "recipient.muted"
    RECIPIENT_UNMUTED = "recipient.unmuted"
    RECIPIENT_REPORTED = "recipient.reported"
    AUDIT_PURGED = "audit.purged"


WEBHOOK_EVENTS: Final = (
    Event.PAUSE_RESPONDED,
    Event.PAUSE_TIMED_OUT,
    Event.PAUSE_CANCELLED,
    Event.PAUSE_UNDELIVERABLE,
)
"""What a developer can subscribe to."""

FEED_EVENTS: Final = (
    Event.PAUSE_CREATED,
    *WEBHOOK_EVENTS,
    Event.NOTIFICATION_SENT,
    Event.NOTIFICATION_DELIVERED,
    Event.NOTIFICATION_FAILED,
)
"""Events of the feed: those of a pause and of its messages."""
