"""Two web processes and two workers on one database, two of them killed: each pause ends exactly once."""

from __future__ import annotations

import queue
import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import FINAL, Api, Json, token_of
from tests.e2e.callers import MAIL, Caller, Crowd, Done
from tests.e2e.people import People
from tests.e2e.receiver import Mailbox
from tests.e2e.server import LIMITS_OFF, Server
from tests.e2e.worker import Worker

pytestmark = pytest.mark.e2e

TEST_PAUSES, LIVE_PAUSES = 1900, 100
AGENTS, LIVE_AGENTS, OTHERS, PEOPLE = 32, 2, 8, 2
FATES: Final = {"answer": 60, "cancel": 15, "both": 10, "nothing": 15}
"""What happens to a pause, and how often in a hundred."""

ENDINGS: Final = {
    "answer": {"responded"},
    "cancel": {"cancelled"},
    "both": {"responded", "cancelled"},
    "nothing": {"timed_out"},
}
SOON: Final = {"timeout_hours": 1 / 3600, "timeout_default": "Reject"}


@dataclass
class Story:
    """Agents ask and wait; what shall happen to a pause, `others` do. All by pause id."""

    chance: random.Random
    left: Iterator[int]
    fates: dict[str, str] = field(default_factory=dict)
    resumed: dict[str, Json] = field(default_factory=dict)
    to_do: queue.Queue[tuple[str, Json]] = field(default_factory=queue.Queue)

    def ask_and_wait(self, caller: Caller) -> None:
        take_one(self.left)
        [fate] = self.chance.choices(list(FATES), list(FATES.values()))
        pause = caller.create(**(SOON if fate == "nothing" else {}))
        self.fates[pause["pause_id"]] = fate
        if fate in ("answer", "both"):
            self.to_do.put(("answer", pause))
        if fate in ("cancel", "both"):
            self.to_do.put(("cancel", pause))
        self.resumed[pause["pause_id"]] = caller.wait_for_end(pause["pause_id"])

    def act(self, caller: Caller) -> None:
        try:
            act, pause = self.to_do.get(timeout=0.2)
        except queue.Empty:
            return
        if act == "answer":
            path = f"/v1/respond/{token_of(pause['respond_url'])}"
            caller.send("POST", path, json={"choice": "Approve"})
        else:
            caller.send("DELETE", f"/v1/pause/{pause['pause_id']}")


@dataclass
class LiveStory:
    """Agents ask by e-mail and wait. `calm` is held by who wants no mail to be under way."""

    left: Iterator[int]
    resumed: dict[str, Json] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    calm: threading.Lock = field(default_factory=threading.Lock)

    def ask_and_wait(self, caller: Caller) -> None:
        take_one(self.left)
        with self.calm:
            pause = caller.create(**MAIL)
            self.links.append(token_of(pause["respond_url"]))
            self.resumed[pause["pause_id"]] = caller.wait_for_end(pause["pause_id"])


def take_one(left: Iterator[int]) -> None:
    if next(left, None) is None:
        raise Done


def test_every_pause_ends_once_though_processes_are_killed(
    postgres: PostgresServer, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    story, live = Story(chance, iter(range(TEST_PAUSES))), LiveStory(iter(range(LIVE_PAUSES)))
    url = postgres.url(postgres.create_database())
    with Mailbox() as mailbox:
        people = People(mailbox)
        settings = {
            "PAUSEPOINT_DATABASE_URL": url,
            "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
            "PAUSEPOINT_EMAIL_FROM": "asks@pp.example.com",
            "PAUSEPOINT_SMTP_URL": mailbox.url,
            **LIMITS_OFF,
        }
        one, other = (a_web(tmp_path / name, settings) for name in ("web1", "web2"))
        other.api_key = "the first one's"
        workers = [Worker(tmp_path / name, **settings) for name in ("worker1", "worker2")]
        with one, other, workers[0], workers[1]:
            here, there = [one.base_url, other.base_url], [other.base_url, one.base_url]
            agents, others = Crowd(here, one.test_api_key), Crowd(there, one.test_api_key)
            live_agents, answering = Crowd(here, one.api_key), Crowd(there)
            agents.add(story.ask_and_wait, AGENTS)
            others.add(story.act, OTHERS)
            live_agents.add(live.ask_and_wait, LIVE_AGENTS)
            answering.add(people.answer_one, PEOPLE)
            agents.advance(chance.randint(300, 600))
            one.kill()
            with live.calm:  # Or somebody is asked a minute later, when the lease ends.
                workers[0].kill()
            agents.advance(chance.randint(300, 600))
            one.start()
            workers[0].start()
            for crowd in (agents, live_agents):
                crowd.join()
            for crowd in (others, answering):
                crowd.end()
            check(other, one.test_api_key, story.resumed)
            check(other, one.api_key, live.resumed)

    assert agents.broken, "nobody met the death of a process"
    for pause_id, fate in story.fates.items():
        assert story.resumed[pause_id]["status"] in ENDINGS[fate]
    assert len(story.resumed) == TEST_PAUSES
    assert len(live.resumed) == LIVE_PAUSES
    assert set(live.links) <= set(people.asked)


def a_web(folder: Path, settings: dict[str, str]) -> Server:
    folder.mkdir()
    return Server(folder, "serve", ("--web-only",), **settings)


def check(server: Server, key: str, resumed: dict[str, Json]) -> None:
    """Every pause is as its agent was told, and has one entry that says how it ended."""
    with Api(server.base_url, key) as api:
        kept = {pause["pause_id"]: pause for pause in api.every("/v1/pause")}
        entries = [
            (entry["pause_request_id"], entry["event_type"])
            for status in FINAL
            for entry in api.every("/v1/audit", event_type=f"pause.{status}")
        ]
    assert set(kept) == set(resumed)
    for pause_id, pause in kept.items():
        assert resumed[pause_id] | {"delivery": pause["delivery"]} == pause
    endings = [(pause_id, f"pause.{pause['status']}") for pause_id, pause in kept.items()]
    assert Counter(entries) == Counter(endings)
