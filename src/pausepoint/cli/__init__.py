"""The `pausepoint` command. What a command needs is imported when it runs, so that all start fast."""

from __future__ import annotations

import click

from pausepoint import __version__
from pausepoint.cli.database import db
from pausepoint.cli.manage import accounts, keys
from pausepoint.cli.run import dev, migrate, serve, worker
from pausepoint.cli.tools import doctor, mcp, mcp_config, openapi


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pausepoint")
def main() -> None:
    """An AI agent stops, asks a person, and goes on with the answer.

    \b
    pausepoint dev          try it out here, with a test inbox
    pausepoint serve        run it for real
    pausepoint doctor       check the settings
    """


for command in (dev, serve, worker, migrate, accounts, keys, db, mcp, mcp_config, doctor, openapi):
    main.add_command(command)
