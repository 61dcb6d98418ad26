"""What the pages tell the reader to type works, and what they say comes out does."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from pausepoint.clock import SystemClock
from pausepoint.security.signatures import webhook_headers
from tests.docs.pages import ROOT, Step, all_blocks, block_after, steps
from tests.docs.shell import Reader, holds
from tests.e2e.server import Server

WEBHOOKS = ROOT / "docs" / "how-to" / "webhooks.md"
EVENTS = ROOT / "docs" / "how-to" / "events.md"
WHY = ROOT / "docs" / "explanation" / "why-an-agent-cannot-approve-itself.md"
BODY = b'{"event":"pause.responded","data":{"choice":"Approve"}}'
SECRETS = ["at-least-16-characters", "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ="]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Started as the tutorial says."""
    folder = tmp_path_factory.mktemp("dev")
    with Server(folder, "dev", PAUSEPOINT_OUTBOUND_ALLOW="127.0.0.0/8") as started:
        yield started


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("page", "commands", "answers"),
    [(ROOT / "README.md", 3, 3), (ROOT / "docs" / "tutorial" / "first-approval.md", 8, 6)],
    ids=["README", "tutorial"],
)
def test_a_reader_who_types_it_sees_what_is_promised(
    page: Path, commands: int, answers: int, server: Server, tmp_path: Path
) -> None:
    reader = Reader(server, tmp_path)
    try:
        for step in steps(page):
            reader.do(step)
    finally:
        reader.close()

    assert (commands, answers) == (reader.commands, reader.answers)


@pytest.mark.parametrize("block", all_blocks("sh", "bash", "console"), ids=repr)
def test_a_shell_block_is_shell(block: Step) -> None:
    checked = subprocess.run(
        ["bash", "-n"], input=block.text.encode(), capture_output=True, timeout=10, check=False
    )

    assert (checked.returncode, checked.stderr) == (0, b"")


@pytest.mark.parametrize("block", all_blocks("python"), ids=repr)
def test_a_python_block_compiles(block: Step) -> None:
    compile(block.text, block.where, "exec")


@pytest.mark.parametrize("block", all_blocks("json"), ids=repr)
def test_a_json_block_parses(block: Step) -> None:
    json.loads(block.text)


def test_every_block_says_what_it_is() -> None:
    kinds = {"sh", "python", "js", "json", "yaml", "text", "mermaid", "ini", "nginx", "http"}

    assert [block for block in all_blocks() if block.kind not in kinds] == []


@pytest.mark.parametrize("secret", SECRETS)
def test_the_plain_verification_takes_ours_and_no_other(secret: str) -> None:
    code = runnable(WEBHOOKS, "python plain")
    now = SystemClock().now()
    headers = webhook_headers(secret, "pause.responded", "dlv_1", now, BODY)
    standard: Callable[..., bool] = code["has_standard_signature"]
    simple: Callable[..., bool] = code["has_simple_signature"]

    assert simple(secret, headers, BODY)
    assert standard(secret, headers, BODY, now / 1000)
    assert not simple(secret, headers, BODY + b" ")
    assert not standard(secret, headers, BODY + b" ", now / 1000)
    assert not standard(secret, headers, BODY, now / 1000 + 301)
    assert not standard("another-secret-of-ours", headers, BODY, now / 1000)


@pytest.mark.parametrize("secret", SECRETS)
def test_the_library_takes_ours_and_no_other(secret: str) -> None:
    code = runnable(WEBHOOKS, "python library")
    headers = webhook_headers(secret, "pause.responded", "dlv_1", SystemClock().now(), BODY)

    assert code["Webhook"] is Webhook
    assert json.loads(BODY) == code["verified_event"](secret, headers, BODY)
    with pytest.raises(WebhookVerificationError):
        code["verified_event"]("another-secret-of-ours", headers, BODY)


def test_the_reader_of_events_reads_what_the_page_shows() -> None:
    shown = next(step.text for step in steps(EVENTS) if step.kind == "text")
    lines = shown.splitlines(keepends=True)
    read = list(runnable(EVENTS, "python events")["events"]([*lines, "\n", ":\n"]))

    assert [(number, event["event"]) for number, event in read] == [
        ("42", "pause.created"),
        ("45", "pause.responded"),
    ]
    assert read[1][1]["data"]["choice"] == "Approve"


PAUSE = {
    "status": "responded",
    "resolved_by": "human",
    "test": False,
    "recipient": "+15550100",
    "response_choice": "Approve",
    "fallback": [],
}


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ({}, True),
        ({"status": "timed_out", "resolved_by": "timeout"}, False),
        ({"test": True}, False),
        ({"recipient": "+15550101"}, False),
        ({"fallback": [{"recipient": "+15550102", "channel": "sms"}]}, False),
        ({"response_choice": "Reject"}, False),
    ],
)
def test_the_check_before_acting(change: dict[str, Any], allowed: bool) -> None:
    is_allowed = runnable(WHY, "python check")["is_allowed"]

    assert allowed is is_allowed(PAUSE | change, "+15550100", "Approve")


def test_recipients_are_nobodys() -> None:
    """Numbers are from the range for examples, addresses under example.com or simulated."""
    text = "".join(block.text for block in all_blocks())
    numbers = set(re.findall(r"\+1\d{7,10}\b", text))
    addresses = set(re.findall(r"[\w.]+@([\w.]+\.\w{2,})", text))

    assert {number for number in numbers if "55501" not in number} == set()
    assert {
        host for host in addresses if not host.endswith(("example.com", "people.test"))
    } == set()


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ({"a": "psr_…"}, {"a": "psr_1", "b": 2}, True),
        ({"a": None}, {}, False),
        ({"a": [1]}, {"a": [1, 2]}, False),
        ("…x", "yz", False),
    ],
)
def test_what_matching_means(expected: Any, actual: Any, same: bool) -> None:
    assert same is holds(expected, actual)


def runnable(page: Path, name: str) -> dict[str, Any]:
    """What the block after `<!-- run: name -->` defines."""
    block = block_after(page, name)
    namespace: dict[str, Any] = {}
    exec(compile(block.text, block.where, "exec"), namespace)
    return namespace
