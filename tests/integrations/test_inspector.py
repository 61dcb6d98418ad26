"""The official Inspector as a client: strict about schemas, on stdio and over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.e2e.server import Server, environment
from tests.integrations.packages import node

STDIO = [sys.executable, str(ROOT / "mcp_server" / "server.py")]


def inspected(
    server: Server, modules: Path, target: list[str], *words: str
) -> subprocess.CompletedProcess[str]:
    manifest = json.loads(
        (modules / "@modelcontextprotocol" / "inspector" / "package.json").read_text("utf-8")
    )
    program = modules / "@modelcontextprotocol" / "inspector" / manifest["bin"]["mcp-inspector"]
    return subprocess.run(
        [str(node()), str(program), "--cli", *target, *words],
        env=environment(server.directory),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(params=["stdio", "http"])
def target(request: pytest.FixtureRequest, server: Server) -> list[str]:
    if request.param == "http":
        authorization = f"Authorization: Bearer {server.test_api_key}"
        return [f"{server.base_url}/mcp", "--header", authorization]
    settings = {
        "PAUSEPOINT_API_KEY": server.test_api_key,
        "PAUSEPOINT_BASE_URL": server.base_url,
    }
    return [word for name, value in settings.items() for word in ("-e", f"{name}={value}")] + STDIO


def test_tools_are_portable(server: Server, modules: Path, target: list[str]) -> None:
    listed = inspected(server, modules, target, "--strict", "--method", "tools/list")

    assert (listed.returncode, "Warning" in listed.stderr) == (0, False), listed.stderr
    assert len(json.loads(listed.stdout)["tools"]) == 5


def test_tool_is_called(server: Server, modules: Path, target: list[str]) -> None:
    words = ("--method", "tools/call", "--tool-name", "list_pause_requests")
    called = inspected(server, modules, target, *words)

    assert called.returncode == 0, called.stderr
    assert json.loads(called.stdout)["structuredContent"]["items"] == []
