"""The feed: what happens to an account's pauses, in order, from any event on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pausepoint.domain.account import Principal
from pausepoint.domain.audit import AuditEntry
from pausepoint.domain.errors import EventsGone, ValidationFailed
from pausepoint.domain.events import FEED_EVENTS, Event
from pausepoint.domain.pause import Pause
from pausepoint.operations.event_body import event_body
from pausepoint.operations.services import Services
from pausepoint.store.feed import FeedEntry, FeedPosition

PAGE: Final = 100
_CURSOR: Final = re.compile(r"(?:([0-9]{1,18})-)?([0-9]{1,18})")
_NOTIFICATIONS: Final = frozenset(
    (Event.NOTIFICATION_SENT, Event.NOTIFICATION_DELIVERED, Event.NOTIFICATION_FAILED)
)


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """`event_id` is where to go on after it; `body` is what a webhook would get."""

    event_id: str
    event: Event
    body: bytes


class Feed:
    """One reader's place in the feed."""

    def __init__(
        self,
        services: Services,
        principal: Principal,
        position: FeedPosition,
        events: Sequence[Event],
    ) -> None:
        self._services = services
        self._principal = principal
        self._position = position
        self._events = events

    @property
    def event_id(self) -> str:
        """Return the id to continue after."""
        return _event_id(self._position)

    async def read(self) -> list[FeedEvent]:
        """Return the next events, oldest first, at most a page; empty if there are none yet."""
        reader = self._principal
        told: list[FeedEvent] = []
        while not told:
            entries = await self._services.store.feed(
                reader.developer_id, reader.mode, self._position, self._events, PAGE
            )
            if not entries:
                break
            told = await self._with_pauses(entries)
            self._position = entries[-1].position
        return told

    async def _with_pauses(self, entries: Sequence[FeedEntry]) -> list[FeedEvent]:
        """Pauses that are no longer there are passed over."""
        ids = list(dict.fromkeys(fed.entry.pause_id for fed in entries if fed.entry.pause_id))
        found = await asyncio.gather(*map(self._services.store.pause, ids))
        pauses = dict(zip(ids, found, strict=True))
        return [
            _event(fed, pause) for fed in entries if (pause := pauses.get(fed.entry.pause_id or ""))
        ]


async def open_feed(
    services: Services, principal: Principal, last_event_id: str | None, events: Sequence[str]
) -> Feed:
    """From the event after `last_event_id` on, or from now on. No `events` are all of them.

    Raises ValidationFailed, EventsGone.
    """
    wanted = _parse_types(events)
    if last_event_id is None:
        return Feed(
            services, principal, await services.store.feed_end(principal.developer_id), wanted
        )
    matched = _CURSOR.fullmatch(last_event_id)
    if matched is None:
        raise ValidationFailed(("Last-Event-ID", "This is not the id of an event."))
    given = FeedPosition(int(matched[1] or 0), int(matched[2]))
    position = await services.store.feed_position(principal.developer_id, given)
    if position is None:
        raise EventsGone
    return Feed(services, principal, position, wanted)


def _event(fed: FeedEntry, pause: Pause) -> FeedEvent:
    entry = fed.entry
    more = {"delivery": _delivery(entry, pause)} if entry.event in _NOTIFICATIONS else None
    body = event_body(entry.event, entry.created_at, pause, more)
    return FeedEvent(_event_id(fed.position), entry.event, body)


def _parse_types(events: Sequence[str]) -> tuple[Event, ...]:
    known = {event.value: event for event in FEED_EVENTS}
    if not known.keys() >= set(events):
        names = ", ".join(known)
        raise ValidationFailed(("types", f"Give one or more of: {names}."))
    return tuple(known[event] for event in dict.fromkeys(events)) or FEED_EVENTS


def _event_id(position: FeedPosition) -> str:
    """The entry's id alone: a transaction's number, which older code gave too, counts what all do."""
    return str(position.entry_id)


def _delivery(entry: AuditEntry, pause: Pause) -> dict[str, object]:
    """Return the delivery of an entry. A pause with one message has no channel or reminder in its entries."""
    detail = entry.detail
    return {
        "delivery_id": detail.get("delivery_id"),
        "attempt": detail.get("attempt"),
        "code": detail.get("code"),
        "channel": detail.get("channel", pause.channel),
        "reminder": detail.get("reminder", False),
    }
