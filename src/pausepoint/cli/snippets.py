"""Configuration snippets for MCP hosts, filled in and ready to paste."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

import pausepoint


def program() -> str:
    """Return the command that runs this program again, as it was started here.

    That is `pausepoint` where it is on PATH, a path such as `.venv/bin/pausepoint` in a clone, and
    `uvx` in an environment of uv's cache, which may be gone tomorrow.
    """
    if _is_in_cache():
        return "uvx --from 'pausepoint[server]' pausepoint"
    started = Path(sys.argv[0]).absolute()
    if started.name == "__main__.py":
        return f"{shlex.quote(_short(Path(sys.executable)))} -m pausepoint"
    on_path = shutil.which("pausepoint")
    if on_path is not None and Path(on_path).absolute() == started:
        return "pausepoint"
    return shlex.quote(_short(started))


def mcp_command() -> tuple[str, ...]:
    """Return the words that start the MCP server on stdin and stdout."""
    if _is_in_cache():
        return "uvx", "pausepoint", "mcp"
    return sys.executable, str(server_script())


def server_script() -> Path:
    """Return the path of the MCP server's script, for any Python from 3.9 on."""
    return (Path(pausepoint.__file__).parent / "mcp" / "server.py").resolve()


def _is_in_cache() -> bool:
    """True in an environment inside a cache folder (https://bford.info/cachedir/), such as uv's."""
    return any((folder / "CACHEDIR.TAG").exists() for folder in Path(sys.prefix).parents)


def _short(path: Path) -> str:
    folder = Path.cwd()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def claude_code_command(base_url: str, key: str) -> str:
    words = [
        *("claude", "mcp", "add", "pausepoint"),
        *("-e", f"PAUSEPOINT_API_KEY={key}", "-e", f"PAUSEPOINT_BASE_URL={base_url}"),
        *("--", *mcp_command()),
    ]
    return shlex.join(words)


def claude_code_http_command(base_url: str, key: str) -> str:
    """Return the command that adds the server over HTTP, without a process beside the agent."""
    words = [
        *("claude", "mcp", "add", "--transport", "http", "pausepoint", f"{base_url}/mcp"),
        *("--header", f"Authorization: Bearer {key}"),
    ]
    return " ".join(f'"{word}"' if " " in word else shlex.quote(word) for word in words)


def config_file(host: str, base_url: str, key: str) -> str:
    """Return the JSON for `claude-desktop`, `claude-code` (.mcp.json), `cursor` or `vscode`."""
    command, *arguments = mcp_command()
    server: dict[str, Any] = {
        "command": command,
        "args": arguments,
        "env": {"PAUSEPOINT_API_KEY": key, "PAUSEPOINT_BASE_URL": base_url},
    }
    if host == "vscode":
        return json.dumps({"servers": {"pausepoint": {"type": "stdio", **server}}}, indent=2)
    return json.dumps({"mcpServers": {"pausepoint": server}}, indent=2)
