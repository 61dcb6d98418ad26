"""The Vercel AI SDK itself, with its mock model, and the code of `docs/how-to/vercel-ai.md`."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pausepoint.client import PausePoint
from tests.client.person import answer
from tests.client.proxy import Proxy, Says
from tests.docs.pages import ROOT, block_after
from tests.e2e.server import LIMITS_OFF, Server
from tests.integrations.frameworks.program import Program, Programs
from tests.integrations.packages import node

PAGE = ROOT / "docs" / "how-to" / "vercel-ai.md"
MODEL = Path(__file__).with_name("vercel_ai_model.mjs")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("dev"), "dev", **LIMITS_OFF) as started:
        yield started


@pytest.fixture
def agents(server: Server, modules: Path, tmp_path: Path) -> Iterator[Agents]:
    (tmp_path / "agent.mjs").write_text(block_after(PAGE, "js agent").text, "utf-8")
    (tmp_path / "approved.mjs").write_text(block_after(PAGE, "js approved").text, "utf-8")
    shutil.copy(MODEL, tmp_path / "model.mjs")
    (tmp_path / "node_modules").symlink_to(modules)
    with Proxy(server.base_url) as proxy, Agents(server, proxy, tmp_path) as made:
        yield made


class Agents(Programs):
    """Programs of Node."""

    def agent(self, **settings: str) -> Program:
        return self.run([str(node()), "agent.mjs"], **settings)


def test_an_approved_call_runs_as_the_person_saw_it(agents: Agents) -> None:
    agent = agents.agent()
    asked = agents.answer("Approve")

    assert asked.message == 'Run wireMoney?\n\npayee: "Meridian"\namount: 8400'
    assert agent.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"


def test_the_note_of_a_rejection_reaches_the_model(agents: Agents) -> None:
    agent = agents.agent()
    agents.answer("Reject", 'The "old" account.')
    said = r'The tool said: A person rejected this call. Their note: "The \"old\" account."'

    assert agent.output() == f"{said}\n"


def test_each_call_gets_its_own_answer(agents: Agents) -> None:
    calls = [{"payee": "M", "amount": 1}, {"payee": "M", "amount": 2}]
    agent = agents.agent(CALLS=json.dumps(calls))
    for pause in agents.questions(2):
        answer(pause, "Reject" if "amount: 1" in (pause.message or "") else "Approve")

    output = agent.output()
    assert output.startswith("wiring 2 to M\n")
    assert "wiring 1" not in output
    assert "A person rejected this call." in output


def test_a_withdrawn_question_is_no_yes(agents: Agents, server: Server) -> None:
    agent = agents.agent()
    with PausePoint(server.test_api_key, server.base_url) as client:
        client.cancel(agents.question().pause_id)

    assert agent.output() == "The tool said: No person has approved this call.\n"


def test_who_was_killed_while_waiting_asks_once_and_finishes(
    agents: Agents, tmp_path: Path
) -> None:
    killed = agents.agent()
    agents.question()
    killed.kill()
    again = agents.agent()
    agents.answer("Approve")

    assert again.output() == "wiring 8400 to Meridian\nThe tool said: sent 8400\n"
    assert len(agents.asked) == 1
    assert not (tmp_path / "invoice-2281.json").exists()


def test_what_cannot_be_shown_whole_is_refused_unasked(agents: Agents) -> None:
    agent = agents.agent(CALLS=json.dumps([{"payee": "M" * 2000, "amount": 1}]))

    assert "Nobody was asked" in agent.output()
    assert agents.asked == []


def test_lost_answers_ask_nobody_twice(agents: Agents) -> None:
    agents.proxy.script = [Says(503, "busy"), "lose the answer", "pass", "lose the answer"]
    agent = agents.agent()
    agents.answer("Approve")

    assert "sent 8400" in agent.output()
    assert len(agents.asked) == 1


def test_a_refusal_is_told(agents: Agents) -> None:
    agent = agents.agent(PAUSEPOINT_API_KEY="pp_test_0")

    assert agent.process.wait(60) == 1
    assert "INVALID_API_KEY" in agent.errors()
