"""`db`: back up the database, and copy it to PostgreSQL."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click

from pausepoint.cli.common import settings_for
from pausepoint.cli.output import fail, json_option, print_json
from pausepoint.cli.server_extra import ServerGroup

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings
    from pausepoint.store.copy_tables import Manifest


@click.group(cls=ServerGroup)
def db() -> None:
    """Back up the database, or move it to PostgreSQL."""


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


@db.command()
@click.option("--from", "source", required=True, help="The SQLite database: sqlite:///…")
@click.option(
    "--to",
    "target",
    help="The PostgreSQL database; without it the one that PAUSEPOINT_DATABASE_URL names, which"
    " keeps a password out of the list of processes.",
)
@json_option
def copy(source: str, target: str | None, as_json: bool) -> None:
    """Copy the whole SQLite database to an empty PostgreSQL database, and check the copy.

    No server may run on either of them. Interrupted and run again, it goes on where it stopped.
    Until every row has been read back and compared, no server can start on the copy. Both need
    the same PAUSEPOINT_SECRET_KEY.

    \b
    export PAUSEPOINT_DATABASE_URL=postgresql://pausepoint:password@db.example.com/pausepoint
    pausepoint db copy --from sqlite:////var/lib/pausepoint/pausepoint.db
    """
    if not source.startswith("sqlite:///"):
        fail(
            "--from must be a SQLite database, such as sqlite:////var/lib/pausepoint/pausepoint.db"
        )
    settings = settings_for("manage", database_url=target)
    if settings.is_sqlite:
        fail("Say where to: set PAUSEPOINT_DATABASE_URL to a PostgreSQL database, or use --to.")
    # Past a pooler, unless the target was named here: the settings may be another database's.
    url = (target is None and settings.database_direct_url) or settings.database_url
    manifest = _copied(source, url, settings)
    rows = {name: summary.rows for name, summary in manifest.items()}
    if as_json:
        print_json({"rows": rows, "verified": True})
        return
    for name, count in rows.items():
        click.echo(f"{name:20}{count:>14,}")
    click.echo(
        f"All {sum(rows.values()):,} rows were read back and are the same, the audit log's"
        " among them, in order. Start servers on the copy from now on, and none on the SQLite file."
    )


def _copied(source: str, url: str, settings: Settings) -> Manifest:
    from pausepoint.config.settings import sqlite_path
    from pausepoint.store.base import CannotOpen
    from pausepoint.store.copy import copy_database
    from pausepoint.store.copy_tables import CopyFailed

    try:
        with _Bars() as bars:
            copying = copy_database(sqlite_path(source), url, settings.secret_keys, bars)
            return asyncio.run(copying)
    except (CannotOpen, CopyFailed) as error:
        fail(str(error))


class _Bars:
    """One progress bar per table, on stderr."""

    def __init__(self) -> None:
        self._label = ""
        self._open = ExitStack()
        self._bar: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, label: str, done: int, total: int) -> None:
        if total == 0:
            return
        if label != self._label:
            self._open.close()
            self._label = label
            bar = click.progressbar(length=total, label=f"{label:24}", file=sys.stderr)
            self._bar = self._open.enter_context(bar)
        self._bar.update(done - self._bar.pos)
