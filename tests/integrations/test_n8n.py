"""The workflow of `docs/how-to/n8n.md`: its nodes as n8n runs them, its callback by the shipped program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pausepoint.client import Pause, PausePoint
from tests.client.person import answers
from tests.client.proxy import Proxy
from tests.docs.pages import ROOT, block_after
from tests.e2e.server import LIMITS_OFF, Server
from tests.integrations.packages import node

PAGE = ROOT / "docs" / "how-to" / "n8n.md"
PLAYER = Path(__file__).with_name("n8n_player.js")
WITHIN = 60
Json = dict[str, Any]
Play = Callable[..., list[Json]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8", **LIMITS_OFF}
    with Server(tmp_path_factory.mktemp("dev"), "dev", **settings) as started:
        yield started


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.base_url) as started:
        yield started


@pytest.fixture
def play(server: Server, proxy: Proxy, tmp_path: Path) -> Play:
    def played(workflow: Json, **changed: str) -> list[Json]:
        """Every node that was reached, in order, with its output."""
        files = []
        # The key of an execution asks nobody twice, and each test is another execution.
        text = json.dumps(workflow).replace("$execution.id", f"'{tmp_path.name}'")
        settings = {"url": proxy.base_url, "key": server.test_api_key, **changed}
        for name, written in (("workflow", text), ("settings", json.dumps(settings))):
            files.append(tmp_path / f"{name}.json")
            files[-1].write_text(written, "utf-8")
        done = subprocess.run(
            [str(node()), str(PLAYER), *map(str, files)],
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert done.stderr == ""
        return [json.loads(line) for line in done.stdout.splitlines()]

    return played


def workflow() -> Json:
    parsed: Json = json.loads(block_after(PAGE, "json workflow").text)
    return parsed


def checked_workflow() -> Json:
    """With the page's Code node after Wait."""
    changed = workflow()
    code = block_after(PAGE, "js signature").text
    changed["nodes"].append(
        {"name": "Check", "type": "n8n-nodes-base.code", "parameters": {"jsCode": code}}
    )
    contacts = changed["connections"]
    contacts["Check"] = contacts["Wait"]
    contacts["Wait"] = {"main": [[{"node": "Check", "type": "main", "index": 0}]]}
    return changed


def withdraws(server: Server) -> Callable[[Pause], None]:
    def withdraw(pause: Pause) -> None:
        with PausePoint(server.test_api_key, server.base_url) as client:
            client.cancel(pause.pause_id)

    return withdraw


@pytest.mark.parametrize(("choice", "end"), [("Approve", "Go on"), ("Reject", "Stop")])
def test_the_answer_leads_the_way(play: Play, proxy: Proxy, choice: str, end: str) -> None:
    proxy.asked = answers(choice)
    reached = play(workflow())
    names = ["Start", "Settings", "Ask", "Wait", "Look", "Approved?", end]

    assert [step["node"] for step in reached] == names
    assert reached[3]["json"]["body"]["data"]["choice"] == choice


def test_a_withdrawn_question_is_no_yes(play: Play, proxy: Proxy, server: Server) -> None:
    proxy.asked = withdraws(server)

    assert play(workflow())[-1]["node"] == "Stop"


def test_the_signature_is_checked(play: Play, proxy: Proxy) -> None:
    proxy.asked = answers("Approve")
    reached = {step["node"]: step["json"] for step in play(checked_workflow())}

    assert reached["Check"]["event"] == "pause.responded"
    assert "Go on" in reached


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("json.secret", "json.secret + 'x'"),
        ("update(body)", "update(body).update(' ')"),
        ("Date.now()", "(Date.now() + 301e3)"),
        ("headers['webhook-timestamp'])", "headers['no-such'])"),
    ],
)
def test_what_does_not_verify_is_refused(play: Play, proxy: Proxy, true: str, false: str) -> None:
    proxy.asked = answers("Approve")
    changed = checked_workflow()
    code = changed["nodes"][-1]["parameters"]
    assert true in code["jsCode"]
    code["jsCode"] = code["jsCode"].replace(true, false)
    reached = play(changed)

    assert reached[-1] == {"error": "This is not from PausePoint."}


def test_every_node_is_whole_and_connected() -> None:
    nodes, connections = workflow()["nodes"], workflow()["connections"]
    names = {each["name"] for each in nodes}
    led_to = {
        to["node"] for each in connections.values() for contact in each["main"] for to in contact
    }

    assert led_to == names - {"Start"}
    assert set(connections) == names - {"Go on", "Stop"}
    needed = {"name", "type", "typeVersion", "position", "parameters"}
    assert [each["name"] for each in nodes if not needed <= each.keys()] == []
