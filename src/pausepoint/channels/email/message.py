"""The mail that asks: the question as text and HTML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from pausepoint.channels.base import Notification
from pausepoint.channels.email.mime import Email
from pausepoint.domain.words import deadline_sentence, silence_sentence
from pausepoint.security.display_safe import (
    account_name,
    display_safe,
    quote,
    segments,
    single_line,
)

if TYPE_CHECKING:
    import jinja2

_SUBJECT_LIMIT: Final = 78
_NAME_LIMIT: Final = 60
_PREHEADER_LIMIT: Final = 120
_OPTION_LIMIT: Final = 1000
_TOOL_LIMIT: Final = 200
_SPECIALS: Final = str.maketrans(dict.fromkeys('()<>[]:;@\\,"', " "))

# RFC 3834, and Exchange's own word for it: no out-of-office answer may come back.
_HEADERS: Final = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def render_email(notification: Notification, domain: str) -> Email:
    """The deadline reads as of one instant, so that every attempt is the same mail."""
    if notification.is_confirmation:
        return _confirmation(notification, domain)
    default = notification.timeout_default
    chosen = None if default is None else quote(default, _OPTION_LIMIT)
    created_at, expires_at = notification.created_at, notification.expires_at
    words = {
        "sender": account_name(notification.sender, _NAME_LIMIT),
        "preheader": single_line(notification.message, _PREHEADER_LIMIT),
        "question": display_safe(notification.message).strip(),
        "segments": segments(notification.message.strip()),
        "options": [single_line(option, _OPTION_LIMIT) for option in notification.options],
        "deadline": deadline_sentence(expires_at, created_at, chosen),
        "silence": silence_sentence(expires_at, created_at, chosen),
        "recipient": notification.recipient,
        "is_reminder": notification.is_reminder,
        "tool": quote(notification.tool, _TOOL_LIMIT) if notification.tool else None,
        "url": notification.respond_url,
        "mute_url": notification.mute_url,
    }
    return Email(
        to=notification.recipient,
        subject=f"{_purpose(notification)}: {_header_text(notification.message, _SUBJECT_LIMIT)}",
        from_name=f"AI agent of {_name(notification.sender)} via PausePoint",
        text=_templates().get_template("message.txt").render(words),
        html=_templates().get_template("message.html").render(words),
        message_id=f"<{notification.delivery_id}@{domain}>",
        headers=_headers(notification.mute_url),
    )


def _confirmation(notification: Notification, domain: str) -> Email:
    words = {
        "sender": account_name(notification.sender, _NAME_LIMIT),
        "message": notification.message,
        "recipient": notification.recipient,
        "url": notification.respond_url,
    }
    return Email(
        to=notification.recipient,
        subject="May AI agents ask you for decisions?",
        from_name="PausePoint",
        text=_templates().get_template("confirmation.txt").render(words),
        html=_templates().get_template("confirmation.html").render(words),
        message_id=f"<{notification.delivery_id}@{domain}>",
        headers=_headers(notification.respond_url),
    )


def _headers(mute_url: str | None) -> Mapping[str, str]:
    """`List-Unsubscribe` (RFC 2369) leads to a page on which a person mutes the agents.

    Never with `List-Unsubscribe-Post` (RFC 8058): mail programs and scanners act on it by themselves.
    """
    return _HEADERS if mute_url is None else {**_HEADERS, "List-Unsubscribe": f"<{mute_url}>"}


def _purpose(notification: Notification) -> str:
    return "Reminder, action required" if notification.is_reminder else "Action required"


def _header_text(text: str, limit: int) -> str:
    """The first line, safe for a header, where mail programs would decode `=?…?=`."""
    return single_line(text, limit).replace("=?", "= ?")


def _name(text: str) -> str:
    """A display name without what has a meaning in addresses (RFC 5322, 3.2.3).

    Quoting would do for a good parser. Others take an address inside for the sender's.
    """
    return _header_text(text.translate(_SPECIALS), _NAME_LIMIT)


@cache
def _templates() -> jinja2.Environment:
    import jinja2  # noqa: PLC0415 - see pausepoint.channels

    return jinja2.Environment(
        loader=jinja2.PackageLoader("pausepoint.channels.email"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
