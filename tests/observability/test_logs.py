"""The log: what it says of a crash, whose line is whose, and what it never says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.pages import ROOT, steps

PAGE = ROOT / "docs" / "how-to" / "logs.md"

CRASH = """
import structlog
from pausepoint.observability.logs import configure
configure({log_format!r})
def handler(message, token):
    raise ZeroDivisionError("inside")
try:
    handler("Wire it to Meridian?", "secret-token")
except ZeroDivisionError:
    structlog.get_logger("pausepoint.web").exception("a request failed inside", route="/v1/pause")
"""
REQUESTS = """
import asyncio, logging, sys
from dataclasses import replace
from pathlib import Path
import httpx2
from pausepoint.observability.logs import configure
from pausepoint.web.app import create_app
from tests.harness import a_world

gate = asyncio.Event()

async def crash():
    logging.getLogger("a.library").warning("it said %s", "this")
    await gate.wait()
    raise ZeroDivisionError("inside")

async def main(folder, log_format):
    configure(log_format)
    async with a_world(folder) as world:
        app = create_app(replace(world.services, readiness=crash), None)
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://127.0.0.1:8000"
        ) as client:
            three = [asyncio.create_task(client.get("/health/ready")) for _ in range(3)]
            await client.get("/health/live")
            gate.set()
            for answer in await asyncio.gather(*three):
                print(answer.headers["x-request-id"])

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""
ATTEMPTS = """
import asyncio, sys
from pathlib import Path
from pausepoint.channels.base import ChannelError
from pausepoint.observability.logs import configure
from pausepoint.worker.deliveries import DeliveryLoop
from tests.harness import a_world

async def main(folder):
    configure("json")
    async with a_world(folder) as world:
        refused = ChannelError("21211", "Not a number: +15550100199", is_permanent=True)
        world.vendor.outcomes = [ZeroDivisionError("inside"), refused]
        asked = [await world.ask() for _ in range(3)]
        print(*(pause.pause_id for pause in asked))
        loop = DeliveryLoop(world.services)
        running = asyncio.create_task(loop.run())
        while not all([(await world.pause(each.pause_id)).attempts for each in asked]):
            await asyncio.sleep(0)
        loop.stop()
        await running

asyncio.run(main(Path(sys.argv[1])))
"""
REPEATED = """
import logging
from pausepoint.observability.logs import configure
configure("json")
for number in range(1000):
    logging.getLogger("opentelemetry.exporter").warning("again: %d", number)
    logging.getLogger("opentelemetry.sdk").warning("full")
    if number < 2:
        logging.getLogger("asyncio").error("Task exception was never retrieved")
"""


def ran(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )


def logged(log_format: str) -> str:
    return ran(CRASH.format(log_format=log_format)).stderr


def entries(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_a_crash_is_traced_without_what_was_in_its_variables(log_format: str) -> None:
    said = logged(log_format)

    assert "ZeroDivisionError" in said
    assert "handler" in said
    assert "'Wire it" not in said.replace('handler("Wire it to Meridian?", "secret-token")', "")


def test_json_is_one_object_a_line() -> None:
    [line] = logged("json").splitlines()
    entry = json.loads(line)

    assert (entry["event"], entry["route"], entry["level"]) == (
        "a request failed inside",
        "/v1/pause",
        "error",
    )
    assert entry["timestamp"].endswith("Z")
    assert "request_id" not in entry


def test_every_line_of_a_request_has_its_id(tmp_path: Path) -> None:
    """Three at once and one among them: each line names the request that it was written for."""
    done = ran(REQUESTS, str(tmp_path), "json")
    ids = done.stdout.split()
    by_event: dict[str, list[str]] = {}
    for entry in entries(done.stderr):
        by_event.setdefault(entry["event"], []).append(entry["request_id"])

    assert len(set(ids)) == 3
    assert sorted(by_event["a request failed inside"]) == sorted(ids)
    assert sorted(by_event["it said this"]) == sorted(ids)
    assert len(set(by_event["request"])) == 4
    assert set(ids) < set(by_event["request"])


def test_on_a_terminal_the_ids_come_last(tmp_path: Path) -> None:
    done = ran(REQUESTS, str(tmp_path), "text")
    [line, *_] = [line for line in done.stderr.splitlines() if " request " in line]

    assert line.split()[-1].startswith("request_id=req_")
    assert "\x1b" not in done.stderr


def test_every_line_of_an_attempt_has_its_delivery_and_its_pause(tmp_path: Path) -> None:
    done = ran(ATTEMPTS, str(tmp_path))
    asked = done.stdout.split()
    said = entries(done.stderr)
    attempts = {entry["outcome"]: entry for entry in said if entry["event"] == "attempt"}

    assert all(entry["delivery_id"].startswith("dlv_") for entry in said)
    assert not any("request_id" in entry for entry in said)
    assert {(outcome, each["level"], each["code"]) for outcome, each in attempts.items()} == {
        ("retrying", "warning", "internal_error"),
        ("failed", "warning", "21211"),
        ("sent", "info", "queued"),
    }
    assert {entry["pause_id"] for entry in attempts.values()} == set(asked)
    [broken] = [entry for entry in said if entry["event"] == "an attempt broke off"]
    assert broken["pause_id"] == attempts["retrying"]["pause_id"]
    assert broken["delivery_id"] == attempts["retrying"]["delivery_id"]
    assert "+1555" not in done.stderr


def test_the_page_shows_lines_as_they_are(tmp_path: Path) -> None:
    request, attempt = (json.loads(block.text) for block in steps(PAGE) if block.kind == "json")
    said = entries(ran(REQUESTS, str(tmp_path / "a"), "json").stderr)
    said += entries(ran(ATTEMPTS, str(tmp_path / "b")).stderr)

    for shown in (request, attempt):
        written = next(entry for entry in said if entry["event"] == shown["event"])
        assert list(shown) == list(written)


def test_what_a_library_repeats_is_said_once() -> None:
    said = [(entry["library"], entry["event"]) for entry in entries(ran(REPEATED).stderr)]

    assert sorted(said) == [
        ("asyncio", "Task exception was never retrieved"),
        ("asyncio", "Task exception was never retrieved"),
        ("opentelemetry.exporter", "again: 0"),
        ("opentelemetry.sdk", "full"),
    ]
