"""Slack: one message through an incoming webhook, whose URL is a secret.

Source: Slack's documentation, "Sending messages using incoming webhooks" and "Text object".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from pausepoint.channels.base import (
    ChannelError,
    HttpClient,
    Notification,
    Receipt,
    Reply,
    StatusReport,
    retry_after,
)
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.simulated_people import simulated_address
from pausepoint.domain.time import Instant
from pausepoint.domain.words import deadline_sentence
from pausepoint.security.display_safe import (
    account_name,
    cut_to_fit,
    display_safe,
    quoted,
    single_line,
    skeleton,
)

DEFAULT_HOSTS: Final = ("hooks.slack.com", "hooks.slack-gov.com")
_SECTION_LIMIT: Final = 2900  # Slack takes 3,000 UTF-16 units
_LINE_LIMIT: Final = 150
_OPTION_LIMIT: Final = 1000
_NAME_LIMIT: Final = 60

_PATH: Final = re.compile(r"/services/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_WORKFLOW_PATHS: Final = ("/workflows/", "/triggers/")
_SLACKS_WORD: Final = re.compile(r"[a-z_]{1,64}")
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class SlackPost:
    """A JSON `payload` for `url`."""

    url: str = field(repr=False)
    payload: dict[str, Any]


class SlackChannel:
    """Implements `Channel[SlackPost]`. `hosts` are those a recipient may name."""

    name = "slack"

    def __init__(self, hosts: Sequence[str] = DEFAULT_HOSTS) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)

    def normalise(self, recipient: str) -> str:
        parts = _split(recipient.strip())
        host = parts.netloc.lower()
        if parts.scheme == "https":
            host = host if host in self._hosts else host.removesuffix(":443")
        # Plain http is for a stand-in on this machine, which the operator lists with its port.
        is_known_scheme = parts.scheme == "https" or (parts.scheme == "http" and ":" in host)
        if not is_known_scheme or host not in self._hosts:
            raise InvalidRecipient(
                f"A Slack recipient is an https URL of {' or '.join(sorted(self._hosts))}."
            )
        if parts.path.startswith(_WORKFLOW_PATHS):
            raise InvalidRecipient(
                "This URL starts a Slack workflow, which takes variables of its own, not messages."
                " Use an incoming webhook: its path begins with /services/."
            )
        if not _PATH.fullmatch(parts.path) or parts.query or parts.fragment:
            raise InvalidRecipient("A Slack incoming webhook's path begins with /services/.")
        return f"{parts.scheme}://{host}{parts.path}"

    def mask(self, recipient: str) -> str:
        """Host and the first letter of the workspace: enough to tell that it is one."""
        if simulated_address(recipient, self.name) is not None:
            return recipient  # it is no secret
        try:
            parts = _split(recipient)
        except InvalidRecipient:
            return "****"
        if not _PATH.fullmatch(parts.path) or "@" in parts.netloc:
            return "****"
        return f"{parts.scheme}://{parts.netloc}/services/{parts.path.split('/')[2][:1]}…/****"

    def render(self, notification: Notification) -> SlackPost:
        """Agents' words stand in `plain_text` only: there they can mention and link nothing."""
        if notification.is_confirmation:
            return _confirmation(notification)
        asked = display_safe(notification.message).strip()
        options = _options_line(notification.options)
        default = notification.timeout_default
        deadline = deadline_sentence(
            notification.expires_at,
            notification.created_at,
            None if default is None else quoted(default, _OPTION_LIMIT),
        )
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
                    _section("plain_text", _fitted(asked, _quoted)),
                    _section("plain_text", _fitted(options, _escaped)),
                    _section("plain_text", _fitted(deadline, _escaped)),
                    _section("mrkdwn", f"<{_escaped(notification.respond_url)}|Respond Now>"),
                ],
                "unfurl_links": False,
                "unfurl_media": False,
            },
        )


class SlackTransport:
    """Implements `Transport[SlackPost]`. The client must be the guarded one."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def send(self, message: SlackPost, notification: Notification, now: Instant) -> Receipt:
        reply = await self._client.request(
            "POST",
            message.url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(message.payload).encode(),
        )
        if 200 <= reply.status < 300:
            return Receipt(code="ok")
        raise _refused(reply, now)

    async def fetch_status(self, provider_id: str) -> StatusReport | None:
        """An incoming webhook tells nothing more."""
        return None


def _refused(reply: Reply, now: Instant) -> ChannelError:
    word = reply.body[:100].decode("ascii", "replace").strip()
    code = word if _SLACKS_WORD.fullmatch(word) else f"http_{reply.status}"
    return ChannelError(
        code,
        f"Slack refused the message with HTTP status {reply.status}.",
        is_permanent=400 <= reply.status < 500 and reply.status not in (408, 425, 429),
        retry_after=retry_after(reply, now),
    )


def _split(url: str) -> SplitResult:
    try:
        # urlsplit drops line breaks and tabs; case folding makes ASCII of some other letters.
        if not url.isascii() or not url.isprintable():
            raise ValueError
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InvalidRecipient("A Slack recipient is the URL of an incoming webhook.") from None
    return parts


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
        shown = [quoted(option, _OPTION_LIMIT) for option in options]
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


def _fitted(text: str, dress: Callable[[str], str]) -> str:
    """The text as Slack gets it, cut where it would be too long once dressed."""
    return dress(cut_to_fit(text, lambda beginning: _length(dress(beginning)) <= _SECTION_LIMIT))


def _quoted(text: str) -> str:
    """Every line marked, so that the agent's words cannot pass for ours below them."""
    return "\n".join(f"&gt; {_escaped(line)}" for line in text.split("\n"))


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
