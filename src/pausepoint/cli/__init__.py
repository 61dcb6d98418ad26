"""The `pausepoint` command. Each subcommand imports its dependencies when it runs, for a fast start."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import click

from pausepoint import __version__


class Commands(UserDict[str, Any]):
    """Maps each command to its place, `module:name`, and imports it on first access."""

    def __getitem__(self, name: str) -> click.Command:
        module, _, attribute = self.data[name].partition(":")
        command: click.Command = getattr(import_module(f"pausepoint.cli.{module}"), attribute)
        return command


COMMANDS = Commands(
    {
        "ask": "ask:ask",
        "wait": "ask:wait",
        "get": "pauses:get",
        "list": "pauses:list_pauses",
        "cancel": "pauses:cancel",
        "erase": "erase:erase",
        "audit": "pauses:audit",
        "watch": "watch:watch",
        "dev": "run:dev",
        "serve": "run:serve",
        "worker": "run:worker",
        "migrate": "run:migrate",
        "accounts": "manage:accounts",
        "keys": "manage:keys",
        "recipients": "recipients:recipients",
        "db": "database:db",
        "mcp": "tools:mcp",
        "mcp-config": "tools:mcp_config",
        "doctor": "tools:doctor",
        "openapi": "tools:openapi",
    }
)


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pausepoint")
def main() -> None:
    """An AI agent stops, asks a person, and goes on with the answer.

    \b
    pausepoint ask --to +15550100199 "Deploy?" Approve Reject
    pausepoint wait psr_…   go on waiting for an answer

    \b
    pausepoint dev          try it out here, with a test inbox
    pausepoint serve        run it for real
    pausepoint doctor       check the settings
    """
