"""A question as Slack blocks.

Source: Slack's documentation, "Sending messages using incoming webhooks" and "Text object".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pausepoint.channels.base import Notification
from pausepoint.domain.words import absolute, otherwise
from pausepoint.security.display_safe import (
    account_name,
    cut_to_fit,
    display_safe,
    quote,
    single_line,
    skeleton,
)

_SECTION_LIMIT: Final = 2900  # Slack takes 3,000 UTF-16 units
_LINE_LIMIT: Final = 150
_OPTION_LIMIT: Final = 1000
_NAME_LIMIT: Final = 60

_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class SlackPost:
    """A JSON `payload` for `url`."""

    url: str = field(repr=False)
    payload: dict[str, Any]


def render_slack(notification: Notification) -> SlackPost:
    """Agents' words stand in `plain_text` only: there they can mention and link nothing."""
    if notification.is_confirmation:
        return _confirmation(notification)
    asked = display_safe(notification.message).strip()
    options = _options_line(notification.options)
    default = notification.timeout_default
    silence = otherwise(None if default is None else quote(default, _OPTION_LIMIT))
    sender = account_name(notification.sender, _NAME_LIMIT)
    first_line = single_line(notification.message, _LINE_LIMIT)
    waits, header = "is waiting", "Action required from an AI agent"
    if notification.is_reminder:
        waits, header = "is still waiting", "Reminder: an AI agent is still waiting"
    return SlackPost(
        notification.recipient,
        {
            "text": _escaped(f"An AI agent of {sender} {waits} for your answer: {first_line}"),
            "blocks": [
                _header(header),
                _section("plain_text", _escaped(f"An AI agent of {sender} asks:")),
                _section("plain_text", _fit(asked, _quote)),
                _section("mrkdwn", f"Answer by {_date(notification)}."),
                _section("plain_text", _fit(silence, _escaped)),
                _section("plain_text", _fit(options, _escaped)),
                _section("mrkdwn", f"<{_escaped(notification.respond_url)}|Respond Now>"),
            ],
            "unfurl_links": False,
            "unfurl_media": False,
        },
    )


def _date(notification: Notification) -> str:
    """Slack's form of a date, in the reader's own zone and words.

    https://docs.slack.dev/messaging/formatting-message-text/#date-formatting
    """
    seconds = notification.expires_at // 1000
    fallback = absolute(notification.expires_at, notification.created_at)
    return f"<!date^{seconds}^{{date_long}}, {{time}}|{fallback}>"


def _confirmation(notification: Notification) -> SlackPost:
    text = _escaped(single_line(notification.message, _SECTION_LIMIT))
    link = f"<{_escaped(notification.respond_url)}|Agree or refuse>"
    blocks = [
        _header("May AI agents ask you here?"),
        _section("plain_text", text),
        _section("mrkdwn", link),
    ]
    payload = {"text": text, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
    return SlackPost(notification.recipient, payload)


def _options_line(options: Sequence[str]) -> str:
    """`Options: A | B`; in quotation marks where an option holds what looks like the separator."""
    shown = [single_line(option, _OPTION_LIMIT) for option in options]
    if any(_looks_separated(option) for option in shown):
        shown = [quote(option, _OPTION_LIMIT) for option in options]
    return f"Options: {' | '.join(shown)}"


def _looks_separated(option: str) -> bool:
    bar = skeleton("|")
    has_bar = any(not each.isalnum() and skeleton(each) == bar for each in option)
    return has_bar or any(skeleton(word) == bar for word in option.split())


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _section(kind: str, text: str) -> dict[str, Any]:
    """`verbatim` and `emoji` keep Slack from making more of a text than it says."""
    manners = {"verbatim": True} if kind == "mrkdwn" else {"emoji": False}
    return {"type": "section", "text": {"type": kind, "text": text, **manners}}


def _fit(text: str, dress: Callable[[str], str]) -> str:
    """The text as Slack gets it, cut where it would be too long once dressed."""
    return dress(cut_to_fit(text, lambda beginning: _length(dress(beginning)) <= _SECTION_LIMIT))


def _quote(text: str) -> str:
    """Every line marked, so that the agent's words cannot pass for ours below them."""
    return "\n".join(f"&gt; {_escaped(line)}" for line in text.split("\n"))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
