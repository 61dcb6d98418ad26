"""`db`: the database as a whole."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import sys
from pathlib import Path

import click

from pausepoint.cli.common import settings_for
from pausepoint.cli.output import fail, json_option, print_json
from pausepoint.cli.server_part import ServerGroup


@click.group(cls=ServerGroup)
def db() -> None:
    """Back up the database."""


@db.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def backup(target: Path, as_json: bool) -> None:
    """Copy the SQLite database to TARGET while the server runs, and check the copy.

    The copy is of use only with the PAUSEPOINT_SECRET_KEY that the database was made under:
    keep that too, elsewhere.

    \b
    pausepoint db backup /backups/pausepoint-2026-11-22.db
    """
    from pausepoint.store.backup import BackupFailed, back_up

    settings = settings_for("manage")
    if not settings.is_sqlite:
        fail("This is for SQLite. Back PostgreSQL up with its own pg_dump or base backups.")
    source = settings.database_path
    try:
        with click.progressbar(range(1000), label="Copying", file=sys.stderr) as bar:

            def show(share: float) -> None:
                bar.update(int(share * 1000) - bar.pos)

            size = back_up(source, target, show)
    except BackupFailed as error:
        fail(str(error))
    if as_json:
        print_json({"target": str(target), "bytes": size})
    else:
        click.echo(f"{target} holds the whole database ({size:,} bytes), checked.")
