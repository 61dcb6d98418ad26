"""`events`: the bytes of a stream however they come, and the real feed through restarts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausepoint.client import Conflict, FeedEvent, InvalidRequest, PausePoint, UnexpectedAnswer
from pausepoint.client.feed import LONGEST_LINE, BadStream, Feed
from pausepoint.client.protocol import NoAnswer, Outcome, Request, Response
from pausepoint.client.retrying import LONGEST_DELAY, RetryPolicy
from tests.client.drivers import Client, Kind, a_client
from tests.client.person import answer
from tests.client.proxy import Proxy, Says
from tests.e2e.server import LIMITS_OFF, Server

POLICY = RetryPolicy(600, lambda: 0.5)
TEXT = "ö\u2028\x85 \u0000 data: x"
TOLD = {
    "event": "pause.responded",
    "pause_id": "psr_1",
    "developer_id": "dev_1",
    "timestamp": "2026-11-22T14:17:16.688Z",
    "data": {"choice": "Approve", "text": TEXT, "resolved_by": "human", "new": 1},
    "delivery": {},
}
JSON = msgspec.json.encode(TOLD)
BEGIN = b"retry: 2000\nid: 41\n\n"
STREAM = BEGIN + b"id: 7-45\nevent: pause.responded\ndata: " + JSON + b"\n\n:\n"


def a_feed(**changed: Any) -> Feed:
    given = {"types": (), "last_event_id": None, "on_connected": None} | changed
    return Feed(POLICY, given["types"], given["last_event_id"], given["on_connected"])


def connect(feed: Feed, outcome: Outcome | None = None) -> Request:
    """The request that the feed sends; with an outcome it must be content."""
    steps = feed.connect()
    request = next(steps)
    with pytest.raises(StopIteration):
        steps.send(outcome or Response(status=200))
    return request


@pytest.mark.parametrize("stream", [STREAM, STREAM.replace(b"\n", b"\r\n")])
@given(cuts=st.lists(st.integers(0, len(STREAM))))
def test_events_are_the_same_however_the_bytes_come(stream: bytes, cuts: list[int]) -> None:
    begun: list[str] = []
    feed = a_feed(on_connected=begun.append)
    connect(feed)
    places = [0, *sorted(cuts), len(stream)]
    pieces = [stream[start:end] for start, end in itertools.pairwise(places)]
    [event] = [event for piece in pieces for event in feed.take(piece)]

    assert begun == ["41"]
    assert (event.event_id, event.event, event.pause_id) == ("7-45", "pause.responded", "psr_1")
    assert (event.data.text, event.by_human) == (TEXT, True)
    assert connect(feed).last_event_id == "7-45"


def test_an_event_that_is_cut_off_comes_again() -> None:
    feed = a_feed(types=["pause.responded", "pause.timed_out"])
    first = connect(feed)
    told = list(feed.take(STREAM[:-10]))
    again = connect(feed)

    assert told == []
    assert first.path == "/v1/events?types=pause.responded%2Cpause.timed_out"
    assert (first.last_event_id, again.last_event_id) == (None, "41")
    assert len(list(feed.take(STREAM))) == 1


def test_who_is_cut_off_again_and_again_comes_back_more_slowly() -> None:
    feed = a_feed()
    delays = [connect(feed).delay for _ in range(12)]
    connect(feed)
    assert list(feed.take(b":\n")) == []

    assert delays[0] == 0
    assert delays == sorted(delays)
    assert LONGEST_DELAY / 2 < delays[-1] <= LONGEST_DELAY
    assert connect(feed).delay == 0


@pytest.mark.parametrize(
    "stream", [b"data: {}\n\n", b"data: \xff\n\n", b"x" * LONGEST_LINE + b"yy", b"data: []\n\n"]
)
def test_what_is_no_event_breaks_the_stream_and_nothing_else(stream: bytes) -> None:
    feed = a_feed(last_event_id="7")
    connect(feed)
    with pytest.raises(BadStream):
        list(feed.take(stream))

    assert connect(feed).last_event_id == "7"


def test_a_server_that_is_away_is_tried_again() -> None:
    feed = a_feed()
    steps = feed.connect()
    first = next(steps)
    second = steps.send(NoAnswer(reason="refused", is_sent=False))

    assert (first.delay, second.delay > 0, second.is_stream) == (0, True, True)


@pytest.mark.parametrize("last_event_id", ["a b", "ö", "1\n2"])
def test_what_cannot_be_an_id_is_not_sent(last_event_id: str) -> None:
    with pytest.raises(InvalidRequest):
        a_feed(last_event_id=last_event_id)


class Followed:
    """`events` of either client, one after the other."""

    def __init__(self, kind: Kind, client: Client, **how: Any) -> None:
        self._kind = kind
        self._run = client.run
        self._events: Any = client.client.events(**how)

    def __iter__(self) -> Iterator[FeedEvent]:
        while True:
            yield next(self._events) if self._kind == "sync" else self._run(self._next())

    async def _next(self) -> FeedEvent:
        event: FeedEvent = await anext(self._events)
        return event

    def close(self) -> None:
        if self._kind == "sync":
            self._events.close()
        else:
            self._run(self._events.aclose())


@pytest.mark.e2e
def test_what_happens_is_told_through_a_restart(kind: Kind, tmp_path: Path) -> None:
    with (
        Server(tmp_path, "serve", **LIMITS_OFF) as server,
        a_client(kind, server.test_api_key, server.base_url) as client,
        PausePoint(server.test_api_key, server.base_url) as other,
    ):
        begun: list[str] = []
        asked = []

        def ask(event_id: str) -> None:
            """At first; and after the restart nothing, since it was asked before."""
            if not begun:
                asked.append(other.create("+15550100199", "Wire it?", ["Approve", "Reject"]))
            begun.append(event_id)

        followed = Followed(
            kind, client, types=("pause.created", "pause.cancelled"), on_connected=ask
        )
        events = iter(followed)
        first = next(events)
        server.restart()
        other.cancel(asked[0].pause_id)
        second = next(events)
        followed.close()
        resumed = Followed(kind, client, last_event_id=begun[0])
        again = next(iter(resumed))
        resumed.close()

    assert [first.event, second.event] == ["pause.created", "pause.cancelled"]
    assert begun[1] == first.event_id
    assert again == first


@pytest.mark.e2e
def test_a_persons_answer_is_told(kind: Kind, client: Client, server: Server) -> None:
    note = TEXT.replace("\0", "")

    def ask(_: str) -> None:
        with PausePoint(server.test_api_key, server.base_url) as other:
            pause = other.create("+15550100199", "Wire it?", ["Yes", "No"], allow_text=True)
        answer(pause, "Yes", note)

    followed = Followed(kind, client, types=["pause.responded"], on_connected=ask)
    event = next(iter(followed))
    followed.close()

    assert (event.data.choice, event.data.text, event.by_human) == ("Yes", note, True)


@pytest.mark.e2e
def test_an_id_that_leads_nowhere_is_told(kind: Kind, client: Client) -> None:
    with pytest.raises(Conflict) as raised:
        next(iter(Followed(kind, client, last_event_id="9999999999999999")))

    assert raised.value.code == "EVENTS_GONE"


@pytest.mark.e2e
@pytest.mark.parametrize("body", ["", "null", "<html>"])
def test_what_is_no_stream_is_refused(kind: Kind, through: Client, proxy: Proxy, body: str) -> None:
    proxy.script = [Says(200, body)] * 3
    with pytest.raises(UnexpectedAnswer):
        next(iter(Followed(kind, through)))

    assert len(through.clock.delays) == 2
    assert proxy.seen[0].headers["accept"] == "text/event-stream"
