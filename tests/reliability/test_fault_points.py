"""`kill -9` between every two steps of create, respond, cancel, expire and deliver: nothing is lost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest

from doubles.twilio import FakeTwilio
from pausepoint.store.postgres.connection import connect
from tests.doubles.postgres import PostgresServer
from tests.e2e.api import FINAL, Api, eventually, token_of
from tests.e2e.receiver import Receiver
from tests.e2e.server import LIMITS_OFF, PROGRAM, Server
from tests.e2e.vendors import sms_settings
from tests.reliability.faulty_postgres import IS_UNDER_WAY

ROOT: Final = Path(__file__).parents[2]
FAULTY: Final = (sys.executable, "-m", "tests.reliability.faulty_program")
CHANGES: Final = ("create", "respond", "cancel", "expire", "deliver")
STEPS: Final = {
    "sqlite": ("asked", "written", "committed", "known"),
    # One statement is the whole transaction there: between its parts no program of ours runs.
    "postgresql": ("asked", "sent", "committed", "known"),
}
ACCEPTED: Final = ("vendor.accepted", "receiver.accepted")
POINTS: Final = [
    *((engine, f"{change}.{step}")
      for engine, steps in STEPS.items() for change in CHANGES for step in steps),
    ("sqlite", "claim.written"),
    *((engine, point) for engine in STEPS for point in ("claim.committed", *ACCEPTED)),
]  # fmt: skip
EVENTS: Final = ("pause.responded", "pause.timed_out", "pause.cancelled")
SECOND: Final = 1 / 3600


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def server(
    engine: str, tmp_path: Path, twilio: FakeTwilio, request: pytest.FixtureRequest
) -> Iterator[Server]:
    settings = {
        **sms_settings(twilio),
        **LIMITS_OFF,
        "PAUSEPOINT_REVEAL_RESPOND_URL": "on",
        "PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8",
        "PYTHONPATH": str(ROOT),
    }
    if engine == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("postgres")
        settings["PAUSEPOINT_DATABASE_URL"] = postgres.url(postgres.create_database())
    with Server(tmp_path, **settings) as started:
        yield started


class Story:
    """One question answered, one withdrawn, one left to its deadline; whatever was acknowledged."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.ended: dict[str, str] = {}

    def run(self, api: Api) -> None:
        """Goes as far as the server lives."""
        try:
            answered = self._ask(api)
            withdrawn = self._ask(api)
            self._ask(api, timeout_hours=SECOND, timeout_default="Reject")
            response = api.respond(token_of(answered["respond_url"]), "Approve")
            assert response.status_code == 200, response.text
            self.ended[answered["pause_id"]] = "responded"
            assert api.cancel(withdrawn["pause_id"]).status_code == 200
            self.ended[withdrawn["pause_id"]] = "cancelled"
        except httpx2.TransportError:
            pass

    def _ask(self, api: Api, **more: Any) -> dict[str, Any]:
        pause = api.create(**{"timeout_hours": 2 * SECOND, **more})
        self.made.append(pause)
        return pause


@pytest.mark.parametrize(("engine", "point"), POINTS)
def test_after_a_death_at(engine: str, point: str, server: Server, receiver: Receiver) -> None:
    story = Story()
    with Api(server.base_url, server.api_key) as api:
        api.add_webhook(receiver.url, "0123456789abcdef", list(EVENTS))
        server.stop()
        server.program, server.environment["FAULT"] = FAULTY, point
        server.start()
        story.run(api)
        process = server.process
        assert process is not None
        assert process.wait(30) == -9, f"{point} was never passed"
        server.kill()
        server.program = (PROGRAM,)
        server.start()
        if point.endswith(".sent"):
            # The dead one's statement is still under way: the next one met it, and it ends now.
            eventually(lambda: not _is_under_way(server), within=30)
        everything = api.every("/v1/pause")
        ids = {pause["pause_id"] for pause in everything}
        assert {pause["pause_id"] for pause in story.made} <= ids, "an acknowledged create is lost"
        for pause_id in ids:
            _check(api, pause_id, story.ended.get(pause_id))
        eventually(lambda: ids <= _asked_or_ended(api, ids), within=90)
        eventually(lambda: ids <= set(_told(receiver)), within=90)
        assert all(len(told) == 1 for told in _told(receiver).values()), "one event, two ids"


def _is_under_way(server: Server) -> bool:
    async def look() -> bool:
        connection = await connect(server.environment["PAUSEPOINT_DATABASE_URL"])
        try:
            found: bool = await connection.fetchval(IS_UNDER_WAY)
        finally:
            await connection.close()
        return found

    return asyncio.run(look())


def _check(api: Api, pause_id: str, acknowledged: str | None) -> None:
    """It ends, as was acknowledged if anything was, and the audit log says so once."""
    pause = api.pause(pause_id, wait=30)
    assert pause["status"] in FINAL
    if acknowledged:
        assert pause["status"] == acknowledged
    events = [entry["event_type"] for entry in api.audit(pause_id=pause_id)]
    assert events[0] == "pause.created"
    assert [event for event in events if event in EVENTS] == [f"pause.{pause['status']}"]


def _asked_or_ended(api: Api, ids: set[str]) -> set[str]:
    """Who ended before the message could leave needs none."""
    found = set()
    for pause_id in ids:
        outcomes = {each["outcome"] for each in api.pause(pause_id)["delivery"]["attempts"]}
        if outcomes & {"sent", "delivered", "skipped", "failed"}:
            found.add(pause_id)
    return found


def _told(receiver: Receiver) -> dict[str, set[str]]:
    """Which ids of events the receiver has, by pause."""
    found: dict[str, set[str]] = {}
    for each in receiver.received:
        found.setdefault(each.json["pause_id"], set()).add(each.headers["webhook-id"])
    return found
