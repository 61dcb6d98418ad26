"""`mcp`, `mcp-config`, `doctor`, `openapi`: what helps around the server."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click

from pausepoint.channel_list import RECIPIENTS
from pausepoint.cli.output import json_option, print_json
from pausepoint.cli.server_extra import ServerCommand
from pausepoint.cli.snippets import (
    claude_code_command,
    claude_code_http_command,
    config_file,
    server_script,
)

HOSTS = ("claude-code", "claude-desktop", "cursor", "vscode")


@click.command()
def mcp() -> None:
    """Be the MCP server, on stdin and stdout: the same as running mcp_server/server.py."""
    os.execv(sys.executable, [sys.executable, str(server_script())])  # noqa: S606 - this very Python, no shell


@click.command("mcp-config")
@click.option("--host", type=click.Choice(HOSTS), help="Only this host's snippet.")
@click.option("--key", help="The API key to fill in.  [default: PAUSEPOINT_API_KEY]")
@click.option(
    "--url",
    "--base-url",
    "url",
    help="Where PausePoint is.  [default: PAUSEPOINT_BASE_URL, else as the server's settings say]",
)
def mcp_config(host: str | None, key: str | None, url: str | None) -> None:
    """Print the configuration of an MCP host, ready to paste.

    \b
    pausepoint mcp-config --key pp_test_0123…
    pausepoint mcp-config --host claude-desktop --key pp_test_0123… > config.json
    """
    from pausepoint.client.environment import API_KEY, BASE_URL, setting
    from pausepoint.config.settings import base_url as configured_url

    key = key or setting(API_KEY) or "pp_test_…"
    url = (url or setting(BASE_URL) or configured_url()).rstrip("/")
    if host is not None:
        click.echo(config_file(host, url, key))
        return
    click.echo(f"# Claude Code\n{claude_code_command(url, key)}\n")
    click.echo(f"# Claude Code, over HTTP\n{claude_code_http_command(url, key)}\n")
    click.echo("# Claude Desktop (claude_desktop_config.json), Cursor (.cursor/mcp.json) and")
    click.echo(f"# Claude Code (.mcp.json)\n{config_file('claude-desktop', url, key)}\n")
    click.echo(f"# VS Code (.vscode/mcp.json)\n{config_file('vscode', url, key)}")


@click.command(cls=ServerCommand)
@click.option("--dev", "is_dev", is_flag=True, help="Check the settings as `dev` would use them.")
@click.option(
    "--send-test",
    metavar="RECIPIENT",
    help=f"Send a test message to a {RECIPIENTS}.",
)
@json_option
def doctor(is_dev: bool, send_test: str | None, as_json: bool) -> None:
    """Check the settings, the database and the channels. Exits with 1 if something is wrong.

    \b
    pausepoint doctor
    pausepoint doctor --send-test you@example.com
    """
    from pausepoint.admin.doctor import examine

    findings = asyncio.run(examine("dev" if is_dev else "serve", send_test))
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.mark}  {finding.subject:12}  {finding.sentence}")
    if any(finding.is_wrong for finding in findings):
        raise SystemExit(1)


@click.command(cls=ServerCommand)
@click.option("--output", type=click.Path(path_type=Path), help="Write to a file instead.")
def openapi(output: Path | None) -> None:
    """Print the OpenAPI 3.1 document of the API."""
    import msgspec

    from pausepoint.web.endpoints import ENDPOINTS
    from pausepoint.web.openapi import openapi_document

    document = openapi_document(ENDPOINTS, "http://127.0.0.1:8000")
    text = msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
