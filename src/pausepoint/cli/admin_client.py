"""Run an operator's command in the running server, or on the database where none is running."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
from typing import Any

import click

from pausepoint.cli.common import open_or_fail, settings_for
from pausepoint.cli.output import fail


def ask_server_or_database(command: str, **arguments: Any) -> dict[str, Any]:
    """Return the running server's answer, or the database's where none runs. A refusal exits with 1."""
    from pausepoint.admin.commands import AdminError, execute
    from pausepoint.admin.socket import ask_server

    settings = settings_for("manage")

    async def ask() -> dict[str, Any]:
        if settings.is_sqlite:
            answer = await ask_server(settings.database_path, command, arguments)
            if answer is not None:
                return answer
        is_new = settings.is_sqlite and not settings.database_path.exists()
        running = await open_or_fail(settings)
        if is_new:
            click.echo(
                f"pausepoint: Made a new database, {settings.database_path.absolute()}. If yours is"
                " elsewhere, set PAUSEPOINT_DATABASE_URL.",
                err=True,
            )
        try:
            return await execute(running.services, command, arguments)
        finally:
            await running.close()

    try:
        return asyncio.run(ask())
    except AdminError as error:
        fail(str(error))
