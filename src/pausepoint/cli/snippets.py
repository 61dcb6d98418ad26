"""Configuration snippets for MCP hosts, filled in and ready to paste."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pausepoint


def server_script() -> Path:
    """Return the path of the MCP server's script, for any Python from 3.9 on."""
    return (Path(pausepoint.__file__).parent / "mcp" / "server.py").resolve()


def entry(base_url: str, key: str, script: Path) -> dict[str, Any]:
    return {
        "command": sys.executable,
        "args": [str(script)],
        "env": {"PAUSEPOINT_API_KEY": key, "PAUSEPOINT_BASE_URL": base_url},
    }


def claude_code_command(base_url: str, key: str, script: Path) -> str:
    words = [
        *("claude", "mcp", "add", "pausepoint"),
        *("-e", f"PAUSEPOINT_API_KEY={key}", "-e", f"PAUSEPOINT_BASE_URL={base_url}"),
        *("--", sys.executable, str(script)),
    ]
    return shlex.join(words)


def claude_code_http_command(base_url: str, key: str) -> str:
    """Return the command that adds the server over HTTP, without a process beside the agent."""
    words = [
        *("claude", "mcp", "add", "--transport", "http", "pausepoint", f"{base_url}/mcp"),
        *("--header", f"Authorization: Bearer {key}"),
    ]
    return " ".join(f'"{word}"' if " " in word else shlex.quote(word) for word in words)


def config_file(host: str, base_url: str, key: str, script: Path) -> str:
    """Return the JSON for `claude-desktop`, `claude-code` (.mcp.json), `cursor` or `vscode`."""
    server = entry(base_url, key, script)
    if host == "vscode":
        return json.dumps({"servers": {"pausepoint": {"type": "stdio", **server}}}, indent=2)
    return json.dumps({"mcpServers": {"pausepoint": server}}, indent=2)
