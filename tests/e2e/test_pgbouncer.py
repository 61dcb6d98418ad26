"""Through a real PgBouncer, with the settings that the page on PostgreSQL gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, steps
from tests.doubles.pgbouncer import PgBouncer
from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.callers import Caller, Crowd, check_refusal
from tests.e2e.server import LIMITS_OFF, Server

pytestmark = pytest.mark.e2e

PAGE = ROOT / "docs" / "how-to" / "production-postgresql.md"
[PAGE_SETTINGS] = [step.text for step in steps(PAGE) if step.text.startswith("[databases]")]


@pytest.fixture
def bouncer(postgres: PostgresServer, page_settings: str) -> Iterator[PgBouncer]:
    with PgBouncer(postgres, postgres.create_database(), page_settings) as started:
        yield started


def two_servers(stack: ExitStack, folder: Path, **settings: str) -> tuple[Server, Server]:
    for name in ("one", "other"):
        (folder / name).mkdir()
    one, other = (
        Server(folder / name, "serve", **settings, **LIMITS_OFF) for name in ("one", "other")
    )
    other.api_key = "the first one's"
    return stack.enter_context(one), stack.enter_context(other)


def ask_and_answer(caller: Caller) -> None:
    pause = caller.create(message=f"Question {id(caller)}?")
    caller.respond(token_of(pause["respond_url"]), "Approve")
    ended = answer(caller.send("GET", f"/v1/pause/{pause['pause_id']}"))
    assert (ended["message"], ended["response_choice"]) == (pause["message"], "Approve")


def check_wake_up(one: Server, other: Server) -> None:
    """An answer at one process reaches an agent that waits at the other."""
    with Api(one.base_url, one.test_api_key) as agent, Api(other.base_url, None) as person:
        pause = agent.create()
        token = token_of(pause["respond_url"])
        answering = threading.Timer(0.3, person.respond, (token, "Approve"))
        answering.start()
        assert agent.pause(pause["pause_id"], wait=30)["response_choice"] == "Approve"
        answering.join()


# One connection for all who read: whatever a session kept would come to the wrong one.
@pytest.mark.parametrize("page_settings", [PAGE_SETTINGS.replace("size = 20", "size = 1")])
def test_two_processes_behind_a_pooler(
    postgres: PostgresServer, bouncer: PgBouncer, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        one, other = two_servers(
            stack,
            tmp_path,
            PAUSEPOINT_DATABASE_URL=bouncer.url,
            PAUSEPOINT_DATABASE_DIRECT_URL=postgres.url(bouncer.database),
        )
        check_wake_up(one, other)
        crowd = Crowd([one.base_url, other.base_url], one.test_api_key)
        crowd.add(ask_and_answer, 12)
        crowd.advance(80)
        bouncer.stop()
        with Api(one.base_url, one.test_api_key) as agent:
            check_refusal(agent.http.get("/health/ready"))
            check_refusal(agent.http.get("/v1/pause"))
            bouncer.start()
            eventually(lambda: agent.http.get("/health/ready").status_code == 200)
        crowd.advance(50)
        crowd.end()
        assert crowd.broken == 0


@pytest.mark.parametrize("page_settings", [PAGE_SETTINGS.replace("= transaction", "= session")])
def test_session_mode_needs_no_second_setting(bouncer: PgBouncer, tmp_path: Path) -> None:
    with ExitStack() as stack:
        one, other = two_servers(stack, tmp_path, PAUSEPOINT_DATABASE_URL=bouncer.url)
        check_wake_up(one, other)
        ended = Crowd([one.base_url], one.test_api_key)
        ended.add(ask_and_answer, 4)
        ended.advance(40)
        ended.end()
