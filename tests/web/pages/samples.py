"""Questions, messages and an API document for the tests of the pages."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pausepoint.channels.base import OperatorValues, Preview
from pausepoint.channels.registry import CHANNELS
from pausepoint.domain.action import new_action
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Content, Pause, PauseStatus, ResolvedBy
from pausepoint.domain.time import Instant, from_datetime
from pausepoint.domain.words import HOUR, MINUTE

NOW: Instant = from_datetime(datetime(2026, 11, 24, 14, 2, tzinfo=UTC))
LINK = "http://127.0.0.1:8000/respond/" + "A" * 54
PATH = "/respond/pending"

USUAL = Pause(
    pause_id="psr_019ab000-0000-7000-8000-000000000001",
    developer_id="dev_019ab000-0000-7000-8000-000000000001",
    mode=Mode.TEST,
    status=PauseStatus.PENDING,
    channel="sms",
    allow_text_response=False,
    default_index=1,
    created_at=NOW - MINUTE,
    expires_at=NOW + 3 * HOUR + 58 * MINUTE,
    content=Content(
        recipient="+15550100",
        message="Wire $8,400 to Meridian Supplies for invoice 2281?",
        options=("Approve", "Reject"),
        metadata={
            "amount": "$8,400.00",
            "vendor": "Meridian Supplies",
            "invoice": "2281",
            "due_date": "28 Nov 2026",
        },
    ),
)


def pause_with(
    base: Pause = USUAL, /, *, content: dict[str, Any] | None = None, **fields: Any
) -> Pause:
    """The usual question with other fields; `content` names those of its content."""
    if content is not None:
        assert base.content is not None
        fields["content"] = replace(base.content, **content)
    return replace(base, **fields)


ANSWERED = pause_with(
    status=PauseStatus.RESPONDED,
    resolved_by=ResolvedBy.HUMAN,
    choice_index=0,
    responded_at=NOW - 9 * MINUTE,
)
TIMED_OUT = pause_with(
    status=PauseStatus.TIMED_OUT,
    resolved_by=ResolvedBy.TIMEOUT,
    choice_index=1,
    expires_at=NOW - MINUTE,
)
CANCELLED = pause_with(status=PauseStatus.CANCELLED, resolved_by=ResolvedBy.DEVELOPER)
WITH_NOTE = pause_with(allow_text_response=True, default_index=None)
ACTION = pause_with(
    WITH_NOTE,
    content={
        "metadata": None,
        "message": "May Claude Code use Bash in /home/me/shop?",
        "options": ("Allow", "Deny"),
        "action": new_action(
            "Bash",
            {
                "command": "set -e\n" + "git push origin main --force\n" * 40 + "x" * 300,
                "description": "Clean up\u202e",
                "an_unbroken_name_" * 6: {"deep": [1, {"er": None}]},
            },
        ),
    },
)
RTL = pause_with(
    content={
        "message": "هل توافق على تحويل 8400 دولار إلى شركة Meridian؟",
        "options": ("موافق", "رفض"),
        "metadata": {"المبلغ": "8400 دولار", "vendor": "Meridian"},
    }
)
LONG = pause_with(
    WITH_NOTE,
    content={
        "message": ("Delete the old records of these customers? " * 50)[:2_000],
        "metadata": {
            "query": "DELETE FROM customers WHERE last_seen < '2020-01-01'\n" * 6,
            "plan": {"steps": [{"table": "customers"}, {"table": "orders"}]},
            "unbroken": "x" * 130,
        }
        | {f"key_{n}": n for n in range(12)},
    },
)


@dataclass(frozen=True)
class FakeNotification:
    pause_id: str
    recipient: str
    sender: str = "Acme"
    message: str = "Wire $8,400?"
    respond_url: str = LINK


@dataclass(frozen=True)
class FakeSms:
    to: str
    body: str
    encoding: str = "GSM-7"
    segments: int = 1


@dataclass(frozen=True)
class FakeEmail:
    to: str
    subject: str
    from_name: str
    text: str
    html: str
    message_id: str = "<1@example.com>"
    headers: dict[str, str] = field(default_factory=lambda: {"Auto-Submitted": "auto-generated"})


@dataclass(frozen=True)
class FakeSlackPost:
    url: str
    payload: dict[str, Any]


NOTHING_SET = OperatorValues({}, "http://127.0.0.1:8000", False)


@dataclass(frozen=True)
class FakeMessage:
    number: int
    channel: str
    notification: FakeNotification
    message: FakeSms | FakeEmail | FakeSlackPost
    received_at: Instant = NOW

    @property
    def preview(self) -> Preview:
        return CHANNELS[self.channel].configure(NOTHING_SET).preview(self.message)


def sms(
    number: int, body: str = f"[PausePoint] Wire $8,400?\n\nRespond here: {LINK}"
) -> FakeMessage:
    return FakeMessage(number, "sms", _notified(number, "+15550100"), FakeSms("+15550100", body))


def email(number: int, html: str = f'<p>Hello</p><a href="{LINK}">Approve</a>') -> FakeMessage:
    mail = FakeEmail(
        "jo@example.com",
        "Action required: Wire $8,400?",
        "AI agent of Acme via PausePoint",
        f"Wire $8,400?\n\n{LINK}",
        html,
    )
    return FakeMessage(number, "email", _notified(number, "jo@example.com"), mail)


def slack(number: int, *blocks: dict[str, Any], text: str = "An AI agent asks") -> FakeMessage:
    payload: dict[str, Any] = {"text": text, "blocks": list(blocks)}
    post = FakeSlackPost("https://hooks.slack.com/services/T0/B0/x", payload)
    return FakeMessage(number, "slack", _notified(number, "https://hooks.slack.com/…"), post)


def _notified(number: int, recipient: str) -> FakeNotification:
    return FakeNotification(f"psr_019ab000-0000-7000-8000-{number:012d}", recipient)


OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "PausePoint", "version": "0.1.0", "description": "Ask a person with `POST`."},
    "servers": [{"url": "http://127.0.0.1:8000"}],
    "security": [{"key": []}],
    "tags": [{"name": "Pauses", "description": "A question to a person."}],
    "paths": {
        "/v1/pause": {
            "post": {
                "tags": ["Pauses"],
                "summary": "Ask a person",
                "parameters": [{"$ref": "#/components/parameters/IdempotencyKey"}],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/New"}}
                    }
                },
                "responses": {
                    "201": {
                        "description": "Created",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Pause"}}
                        },
                    },
                    "400": {
                        "description": "The options are wrong.",
                        "content": {
                            "application/json": {
                                "examples": {
                                    "channel": {"value": {"error": "INVALID_CHANNEL"}},
                                    "options": {"value": {"error": "INVALID_OPTIONS"}},
                                }
                            }
                        },
                    },
                },
            }
        },
        "/v1/auth/login": {
            "post": {"tags": ["Accounts"], "security": [], "summary": "Sign in", "responses": {}}
        },
    },
    "components": {
        "parameters": {
            "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "maxLength": 255},
            }
        },
        "schemas": {
            "New": {
                "type": "object",
                "required": ["message"],
                "properties": {
                    "message": {
                        "type": "string",
                        "maxLength": 2000,
                        "examples": ["It's 5 o'clock?"],
                    },
                    "timeout_hours": {"type": "number", "exclusiveMinimum": 0, "default": 24},
                    "timeout_default": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
            "Pause": {
                "type": "object",
                "properties": {
                    "status": {"enum": ["pending", "responded"]},
                    "attempts": {
                        "type": "array",
                        "items": {"$ref": "#/components/schemas/Attempt"},
                    },
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/Pause"}, {"type": "null"}]},
                },
            },
            "Attempt": {
                "allOf": [
                    {"type": "object", "properties": {"number": {"type": "integer"}}},
                    {
                        "type": "object",
                        "properties": {"at": {"type": "string", "format": "date-time"}},
                    },
                ]
            },
        },
    },
}
