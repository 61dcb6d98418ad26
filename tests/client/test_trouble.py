"""Restarts, lost answers, proxies and limits: what a wait survives, and what it reports."""

from __future__ import annotations

import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from unittest.mock import ANY

import httpx2
import msgspec
import pytest

from pausepoint.client import (
    Pause,
    RateLimited,
    ServerError,
    UnexpectedAnswer,
    Unreachable,
)
from tests.client.drivers import Client, Kind, a_client
from tests.client.person import answer, answers
from tests.client.proxy import Act, Proxy, Says
from tests.e2e.api import eventually
from tests.e2e.server import Server, environment, free_port

pytestmark = pytest.mark.e2e

PHONE = "+15550100199"
QUESTION = "Wire $8,400 to Meridian?"
OPTIONS = ["Approve", "Reject"]
HTML = "<html><h1>502 Bad Gateway</h1></html>"


def says(status: int, code: str, **headers: str) -> Says:
    body = f'{{"error": "{code}", "message": "Said so.", "status_code": {status}}}'
    return Says(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
def own_server(tmp_path: Path) -> Server:
    """One that a test may stop and start; not started yet."""
    return Server(tmp_path, "dev")


@pytest.mark.parametrize("death", ["stop", "kill"])
def test_a_wait_survives_a_restart_of_the_server(
    kind: Kind, own_server: Server, death: str
) -> None:
    asked: list[Pause] = []

    def shut_down(pause: Pause) -> None:
        if not asked:
            asked.append(pause)
            getattr(own_server, death)()

    def come_back(count: int) -> None:
        if count == 4:
            own_server.start()
            answer(asked[0], "Approve")

    with own_server, a_client(kind, own_server.test_api_key, own_server.base_url) as client:
        client.clock.whenever = come_back
        answered = client.ask(PHONE, QUESTION, OPTIONS, on_pending=shut_down)
        assert answered.is_("Approve")
        assert answered.pause_id == asked[0].pause_id
        assert len(client.clock.delays) == 4
        assert len(client.list()) == 1


def test_a_question_waits_for_a_server_that_is_down(kind: Kind, own_server: Server) -> None:
    with own_server, a_client(kind, own_server.test_api_key, own_server.base_url) as client:
        own_server.stop()
        client.clock.whenever = lambda count: own_server.start() if count == 3 else None
        answered = client.ask(PHONE, QUESTION, OPTIONS, on_pending=answers("Approve"))

    assert answered.by_human
    assert client.clock.delays == sorted(client.clock.delays)


def test_a_server_that_stays_away_is_told_of(kind: Kind, caplog: pytest.LogCaptureFixture) -> None:
    patience = timedelta(seconds=100)
    nowhere = f"http://127.0.0.1:{free_port()}"
    with (
        caplog.at_level(logging.WARNING, "pausepoint.client"),
        a_client(kind, "pp_test_x", nowhere, patience) as client,
        pytest.raises(Unreachable) as caught,
    ):
        client.ask(PHONE, QUESTION, OPTIONS)

    assert not caught.value.may_have_been_done
    assert "Nobody was asked" in str(caught.value)
    assert 80 < sum(client.clock.delays) <= 100
    assert max(client.clock.delays) <= 10
    assert len(caplog.records) == 1


def test_other_calls_are_given_up_sooner(kind: Kind) -> None:
    with a_client(kind, "pp_test_x", f"http://127.0.0.1:{free_port()}") as client:
        for call in (client.list, client.audit, lambda: client.create(PHONE, QUESTION, OPTIONS)):
            client.clock.delays.clear()
            with pytest.raises(Unreachable):
                call()
            assert 0 < sum(client.clock.delays) <= 10


@pytest.mark.parametrize("act", ["lose the request", "lose the answer"])
def test_a_create_whose_answer_was_lost_asks_once(through: Client, proxy: Proxy, act: Act) -> None:
    before = {pause.pause_id for pause in through.list(limit=100)}
    proxy.script = [act]
    pause = through.create(PHONE, QUESTION, OPTIONS)

    assert {p.pause_id for p in through.list(limit=100)} - before == {pause.pause_id}
    assert len(through.clock.delays) == 1


def test_what_may_have_been_asked_is_told_with_its_key(through: Client, proxy: Proxy) -> None:
    proxy.script = ["lose the answer"] + ["lose the request"] * 100
    with pytest.raises(Unreachable) as caught:
        through.create(PHONE, QUESTION, OPTIONS)
    proxy.script = []

    assert caught.value.may_have_been_done
    assert "may have been asked" in str(caught.value)
    [newest] = through.list(limit=1)
    key = caught.value.idempotency_key
    assert through.create(PHONE, QUESTION, OPTIONS, idempotency_key=key) == msgspec.structs.replace(
        newest, respond_url=ANY
    )


@pytest.mark.parametrize("act", ["lose the request", "lose the answer"])
def test_a_cancel_whose_answer_was_lost_is_a_cancel(
    through: Client, proxy: Proxy, act: Act
) -> None:
    pause = through.create(PHONE, QUESTION, OPTIONS)
    proxy.script = [act]

    assert through.cancel(pause.pause_id).status == "cancelled"


def test_what_is_not_safe_is_not_sent_twice(through: Client, proxy: Proxy) -> None:
    proxy.script = ["lose the answer"]
    with pytest.raises(Unreachable) as caught:
        through.add_webhook("https://example.com/hook", "at-least-16-characters")
    [webhook] = through.webhooks().items
    proxy.script = ["lose the answer"]
    through.delete_webhook(webhook.webhook_id)

    assert caught.value.may_have_been_done
    assert through.webhooks().items == ()


@pytest.mark.parametrize("status", [502, 503, 504])
def test_retry_after_is_obeyed(through: Client, proxy: Proxy, status: int) -> None:
    proxy.script = [
        says(status, "UNAVAILABLE", retry_after="7"),
        says(
            status,
            "UNAVAILABLE",
            retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True),  # noqa: TID251
        ),
    ]
    answered = through.ask(PHONE, QUESTION, OPTIONS, on_pending=answers("Approve"))

    assert answered.by_human
    first, second = through.clock.delays
    assert 7 <= first <= 8
    assert 28 <= second <= 31  # a date has whole seconds


def test_a_limit_is_waited_for(through: Client, proxy: Proxy) -> None:
    proxy.script = [
        says(429, "RATE_LIMITED", retry_after="20"),
        "pass",
        says(429, "RATE_LIMITED", retry_after="30"),
    ]
    answered = through.ask(PHONE, QUESTION, OPTIONS, on_pending=answers("Approve"))

    assert answered.by_human
    assert [round(delay - 0.3) for delay in through.clock.delays] == [20, 30]


def test_a_limit_beyond_patience_is_told(through: Client, proxy: Proxy) -> None:
    proxy.script = [says(429, "RATE_LIMITED", retry_after="60")]
    with pytest.raises(RateLimited) as caught:
        through.list()

    assert (caught.value.code, caught.value.retry_after) == ("RATE_LIMITED", 60)
    assert through.clock.delays == []


def test_a_busy_recipient_is_told_at_once(through: Client, proxy: Proxy) -> None:
    proxy.script = [says(429, "RECIPIENT_BUSY")]
    with pytest.raises(RateLimited, match="RECIPIENT_BUSY"):
        through.ask(PHONE, QUESTION, OPTIONS)


def test_a_channel_that_is_not_set_up_is_told_at_once(kind: Kind, tmp_path: Path) -> None:
    with (
        Server(tmp_path) as server,
        a_client(kind, server.api_key, server.base_url) as client,
        pytest.raises(ServerError) as caught,
    ):
        client.ask("a@example.com", QUESTION, OPTIONS)

    assert (caught.value.code, caught.value.status_code) == ("CHANNEL_NOT_CONFIGURED", 503)
    assert client.clock.delays == []


@pytest.mark.parametrize(
    "garbage",
    [
        Says(502, HTML),
        Says(503, b"\xff\xfe"),
        Says(500, '{"error": 5}'),
        Says(200, HTML),
        Says(200, "{}"),
        Says(200, "[" * 100_000),
        Says(404, "default backend"),
        Says(301, "", {"location": "https://elsewhere.example.com/"}),
        Says(201, '{"pause_id": "psr_x"}'),
        Says(200, b"\x1f\x8b nonsense", {"content-encoding": "gzip"}),
    ],
    ids=lambda says: f"{says.status}-{says.body[:12]!r}",
)
def test_a_garbled_answer_is_survived(through: Client, proxy: Proxy, garbage: Says) -> None:
    proxy.script = [garbage, "pass", garbage]
    answered = through.ask(PHONE, QUESTION, OPTIONS, on_pending=answers("Approve"))

    assert answered.by_human
    assert len(through.clock.delays) == 2


def test_garbage_that_goes_on_is_told(through: Client, proxy: Proxy) -> None:
    proxy.script = [Says(200, HTML)] * 100
    with pytest.raises(UnexpectedAnswer) as caught:
        through.ask(PHONE, QUESTION, OPTIONS)

    assert len(through.clock.delays) == 2
    assert caught.value.status_code == 200
    assert HTML not in str(caught.value)
    proxy.script = [Says(502, HTML)] * 1000
    with pytest.raises(UnexpectedAnswer) as caught:
        through.ask(PHONE, QUESTION, OPTIONS)
    assert caught.value.status_code == 502


def test_a_server_that_does_not_hold_is_not_stormed(
    through: Client, proxy: Proxy, server: Server
) -> None:
    pause = through.create(PHONE, QUESTION, OPTIONS)
    pending = httpx2.get(
        f"{server.base_url}/v1/pause/{pause.pause_id}",
        headers={"Authorization": f"Bearer {server.test_api_key}"},
    ).content
    proxy.script = [Says(200, pending)] * 8

    def impatient(_: Pause) -> None:
        if not proxy.script:
            answer(pause, "Approve")

    assert through.wait(pause.pause_id, on_pending=impatient).by_human
    assert len(through.clock.delays) == 8
    assert through.clock.delays[0] < 1 < through.clock.delays[-1]


ASKER = """
import sys
from pausepoint.client import PausePoint
PausePoint().ask("+15550100199", "Wire it?", ["Approve", "Reject"], idempotency_key=sys.argv[1])
"""


def test_a_killed_asker_finds_its_question_again(
    client: Client, server: Server, kind: Kind
) -> None:
    key = f"killed-{kind}"
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER, key],
        env=environment(
            server.directory,
            PAUSEPOINT_API_KEY=server.test_api_key,
            PAUSEPOINT_BASE_URL=server.base_url,
        ),
    )
    try:
        asked = eventually(
            lambda: [p for p in client.list(limit=5) if p.message == "Wire it?" and p.is_pending],
            30,
        )
    finally:
        asker.kill()
        asker.wait()

    def reply(pause: Pause) -> None:
        assert pause.pause_id == asked[0].pause_id
        answer(pause, "Reject")

    question = (PHONE, "Wire it?", OPTIONS)
    assert client.ask(*question, idempotency_key=key, on_pending=reply).is_("Reject")
