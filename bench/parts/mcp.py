"""What the MCP server costs: its start, its memory, its end, and the tokens that a model pays."""

from __future__ import annotations

import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure, Row, at_most, ratio
from bench.mcp_process import McpProcess, seconds_of_nothing
from bench.peers.environments import NotAvailable, node_packages, python_environment
from bench.plan import Plan
from pausepoint.mcp.api import ApiAnswer
from pausepoint.mcp.calls import CallContext, KnownPauses
from pausepoint.mcp.core import DEFAULT_MAX_WAIT_SECONDS, Offer, receive
from pausepoint.mcp.results import epoch_seconds
from pausepoint.mcp.tool_call import ToolCall

OURS: Final = "ours, standard library"
SDK: Final = "official SDK, low level"
NOTHING: Final = "`python -c pass`"
STARTS: Final = 10
"""In each round; their median is the round's figure."""

WAIT: Final = 600
"""Seconds that the person takes."""

_SERVER: Final = Path(__file__).parents[2] / "mcp_server" / "server.py"
_SDK: Final = Path(__file__).parents[1] / "peers" / "mcp_sdk"
_PAUSE: Final[dict[str, Any]] = {
    "pause_id": "psr_0197a7c2-6f5e-7d3a-9b1c-2f4e6a8b0c1d",
    "status": "pending",
    "channel": "sms",
    "recipient": "+15550100",
    "message": "Delete 500 old records?",
    "options": ["Approve", "Reject"],
    "created_at": "2026-11-22T12:00:00Z",
    "expires_at": "2026-11-23T12:00:00Z",
    "test": False,
    "delivery": {"state": "delivered", "attempts": []},
}
_ANSWERED: Final = {
    **_PAUSE,
    "status": "responded",
    "response_choice": "Approve",
    "response_at": "2026-11-22T12:10:00Z",
    "resolved_by": "human",
}


def measure_mcp(plan: Plan) -> None:
    with tempfile.TemporaryDirectory(prefix="pausepoint-bench-") as folder:
        commands = dict(_commands(plan, Path(folder)))
        _starts(plan, commands)
    _end(plan)
    _tokens(plan)


def _commands(plan: Plan, folder: Path) -> Iterator[tuple[str, list[str]]]:
    yield OURS, [sys.executable, str(_SERVER)]
    table = folder / "tools.json"
    table.write_text(json.dumps(Offer().tools()), "utf-8")
    try:
        python = str(python_environment("mcp_sdk") / "python")
    except NotAvailable as error:
        plan.report.note(f"{SDK}: not available: {error}")
    else:
        yield SDK, [python, str(_SDK / "server.py"), str(table)]


def _starts(plan: Plan, commands: dict[str, list[str]]) -> None:
    nothing: list[float] = []
    starts: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, list[float]] = {name: [] for name in commands}
    for _ in plan.rounds:
        nothing.append(_median(plan, seconds_of_nothing) * 1000)
        for name, command in commands.items():
            starts[name].append(_median(plan, lambda: _start(command)) * 1000)  # noqa: B023 - called here
            with McpProcess(command) as process:
                process.seconds_to_tools()
                memory[name].append(process.resident_mib)
    report = plan.report
    report.add(Row("start of Python alone", NOTHING, Figure.of(nothing, "ms")))
    for name, figures in starts.items():
        bar = at_most(3) if name == OURS else None
        beside = ratio(figures, nothing)
        figure = Figure.of(figures, "ms")
        report.add(Row("MCP: start to `tools/list`", name, figure, NOTHING, beside, bar))
    for name, figures in memory.items():
        bar = at_most(16) if name == OURS else None
        report.add(Row("MCP: resident memory", name, Figure.of(figures, "MiB"), bar=bar))


def _start(command: list[str]) -> float:
    with McpProcess(command) as process:
        return process.seconds_to_tools()


def _median(plan: Plan, measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(max(3, plan.scaled(STARTS))))


def _end(plan: Plan) -> None:
    """While it waits for a server that never answers."""
    figures = []
    for _ in plan.rounds:
        with _silent_server() as (listening, url), _waiting_at(url) as process:
            listening.accept()[0].close()
            figures.append(process.seconds_to_end() * 1000)
    name = "MCP: end of input to end, while it waits"
    plan.report.add(Row(name, OURS, Figure.of(figures, "ms"), bar=at_most(50)))


@contextmanager
def _silent_server() -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


def _waiting_at(url: str) -> McpProcess:
    key = "pp_test_" + "0" * 48
    process = McpProcess(
        [sys.executable, str(_SERVER)], PAUSEPOINT_API_KEY=key, PAUSEPOINT_BASE_URL=url
    )
    arguments = {"pause_id": _PAUSE["pause_id"]}
    process.send("tools/call", {"name": "poll_pause_request", "arguments": arguments})
    return process


def _tokens(plan: Plan) -> None:
    asked, heard = _conversation()
    shown = [
        {name: tool[name] for name in ("name", "description", "inputSchema")}
        for tool in Offer().tools()
    ]
    calls = len(asked)
    report = plan.report
    name = f"MCP: calls for a wait of {WAIT // 60} minutes"
    report.add(Row(name, OURS, Figure.of([calls], "calls"), bar=at_most(14)))
    try:
        tokens = count_tokens([_compact(tool) for tool in shown] + asked + heard)
    except NotAvailable as error:
        report.note(f"tokens: not available: {error}")
        return
    table, grown = sum(tokens[: len(shown)]), sum(tokens[len(shown) :])
    name = "MCP: what the five tools cost a model"
    report.add(Row(name, OURS, Figure.of([table], "tokens"), bar=at_most(900)))
    name = "MCP: what those calls and their answers add"
    report.add(Row(name, OURS, Figure.of([grown], "tokens"), bar=at_most(2000)))


def _conversation() -> tuple[list[str], list[str]]:
    """What an agent says and hears that polls until the person has answered."""
    known, now = KnownPauses(), 0.0
    arguments = {"pause_id": _PAUSE["pause_id"]}
    asked: list[str] = []
    heard: list[str] = []
    while not heard or "responded" not in heard[-1]:
        params = {"name": "poll_pause_request", "arguments": arguments}
        call = receive({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        assert isinstance(call, ToolCall)
        content = _polled(call, known, now)
        now += content["waited_seconds"]
        asked.append(params["name"] + _compact(arguments))
        heard.append(_compact(content))
    return asked, heard


def _polled(call: ToolCall, known: KnownPauses, now: float) -> dict[str, Any]:
    """The poll's result where the server holds as long as it is asked to, or until the answer."""
    began = epoch_seconds(_PAUSE["created_at"])
    assert began is not None
    steps = call.steps(CallContext(now=began + now, fresh_key="fresh", known=known))
    hold = next(steps).hold_seconds
    assert hold == DEFAULT_MAX_WAIT_SECONDS
    left = WAIT - now
    outcome = ApiAnswer(200, _ANSWERED if left <= hold else _PAUSE, seconds=min(hold, left))
    try:
        steps.send(outcome)
    except StopIteration as done:
        content: dict[str, Any] = done.value["result"]["structuredContent"]
        return content
    raise AssertionError("one hold is a whole poll by default")


def count_tokens(texts: list[str]) -> list[int]:
    """How many o200k tokens each text is. Raises NotAvailable."""
    node = shutil.which("node")
    if node is None:
        raise NotAvailable("node is not installed")
    script = [node, str(_SDK / "count_tokens.mjs"), str(node_packages("mcp_sdk"))]
    done = subprocess.run(
        script, input=json.dumps(texts), capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise NotAvailable(f"gpt-tokenizer: {done.stderr.strip().splitlines()[-1:]}")
    counted: list[int] = json.loads(done.stdout)
    return counted


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
