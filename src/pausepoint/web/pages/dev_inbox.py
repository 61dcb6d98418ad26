"""The dev inbox: every message as the person would get it, with what became of its question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypedDict

from markupsafe import Markup, escape

from pausepoint.channels.base import Preview
from pausepoint.channels.registry import CHANNELS
from pausepoint.domain.ids import RECIPIENT
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Pause
from pausepoint.domain.time import Instant
from pausepoint.security.display_safe import single_line
from pausepoint.web.pages.rendering import render, render_text

ROW_LENGTH: Final = 120
"""Characters of a question in the list."""

_HEAD: Final = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_IN_A_TAB_OF_ITS_OWN: Final = '<base target="_blank">'


class Notified(Protocol):
    """What the page needs to know of a notification."""

    @property
    def pause_id(self) -> str: ...
    @property
    def sender(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def respond_url(self) -> str: ...


class InboxMessage(Protocol):
    """A message that was kept instead of sent; see channels/dev_inbox.py."""

    @property
    def number(self) -> int: ...
    @property
    def channel(self) -> str: ...
    @property
    def notification(self) -> Notified: ...
    @property
    def preview(self) -> Preview: ...
    @property
    def received_at(self) -> Instant: ...


class InboxUpdate(TypedDict):
    """What the page's script fetches: new messages, and the state of every question shown."""

    last: int
    html: str
    states: dict[str, str]


def render_inbox(
    messages: Sequence[InboxMessage],
    states: Mapping[str, Pause],
    now: Instant,
    *,
    curl: str,
    search: str = "",
) -> str:
    """Render the page with the messages that hold the text `search`, the newest one open.

    `states` holds the pauses by id; `curl` is the command that fills an empty inbox.
    """
    found = [entry for entry in messages if _holds(entry, search.casefold())]
    return render(
        "dev_inbox.html",
        messages_html=Markup(render_messages(found, states, now, is_first_open=True)),  # noqa: S704
        last=_last(messages),
        now=now,
        curl=curl,
        search=search,
    )


def render_messages(
    messages: Sequence[InboxMessage],
    states: Mapping[str, Pause],
    now: Instant,
    *,
    is_first_open: bool = False,
) -> str:
    """Render the messages alone, newest first."""
    newest_first = sorted(messages, key=lambda entry: entry.number, reverse=True)
    return "".join(
        render(
            "dev_message.html",
            entry=entry,
            notification=entry.notification,
            title=CHANNELS[entry.channel].title(),
            drawn=Markup(_drawn(entry, now)),  # noqa: S704
            state=Markup(_state_of(entry.notification, states, now)),  # noqa: S704
            question=single_line(entry.notification.message, ROW_LENGTH),
            mode=_mode(states.get(entry.notification.pause_id)),
            is_open=is_first_open and place == 0,
            now=now,
        )
        for place, entry in enumerate(newest_first)
    )


def inbox_update(
    messages: Sequence[InboxMessage], states: Mapping[str, Pause], now: Instant, *, after: int
) -> InboxUpdate:
    """The answer to `GET /dev/inbox/messages?after=N`; `messages` is all that the inbox holds."""
    newer = [entry for entry in messages if entry.number > after]
    return {
        "last": _last(messages),
        "html": render_messages(newer, states, now),
        "states": {pause_id: _state(pause, now) for pause_id, pause in states.items()},
    }


def mail_preview(html: str) -> str:
    """A mail's HTML for its frame: links open in a tab of their own, as in a mail program."""
    if _HEAD.search(html) is None:
        return _IN_A_TAB_OF_ITS_OWN + html
    return _HEAD.sub(lambda head: head[0] + _IN_A_TAB_OF_ITS_OWN, html, count=1)


def _drawn(entry: InboxMessage, now: Instant) -> str:
    return render_text(
        entry.preview.template,
        entry=entry,
        notification=entry.notification,
        now=now,
        with_link=_with_link,
        **entry.preview.values,
    )


def _holds(entry: InboxMessage, text: str) -> bool:
    notification = entry.notification
    return (
        text
        in "\n".join(
            (
                entry.channel,
                notification.pause_id,
                notification.sender,
                notification.recipient,
                notification.message,
            )
        ).casefold()
    )


def _mode(pause: Pause | None) -> Markup:
    """Mark a live key's message: one that would have left a server with its channel set up."""
    is_live = pause is not None and pause.mode is Mode.LIVE
    return Markup('<span class="state live-key">Live key</span> ') if is_live else Markup()


def _last(messages: Sequence[InboxMessage]) -> int:
    return max((entry.number for entry in messages), default=0)


def _state_of(notification: Notified, states: Mapping[str, Pause], now: Instant) -> str:
    if notification.pause_id.startswith(RECIPIENT):
        return '<span class="state cancelled">Asks to confirm</span>'
    return _state(states.get(notification.pause_id), now)


def _state(pause: Pause | None, now: Instant) -> str:
    return render("dev_state.html", pause=pause, now=now).strip()


def _with_link(body: str, url: str) -> Markup:
    """The SMS's text with its own link to tap, and no other."""
    before, found, after = body.partition(url)
    if not found:
        return escape(body)
    link = Markup('<a href="{}" target="_blank" rel="noreferrer">{}</a>').format(url, url)
    return escape(before) + link + escape(after)
