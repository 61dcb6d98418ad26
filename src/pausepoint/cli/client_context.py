"""The client of a command, configured from the environment; its errors become exit codes."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import click

from pausepoint.cli.output import print_json
from pausepoint.cli.values import printable

if TYPE_CHECKING:
    from pausepoint.client import PausePoint, PausePointError


AT_ONCE: Final = timedelta(seconds=3)
"""Patience of a command whose user looks on."""
THROUGH_RESTARTS: Final = timedelta(minutes=10)


@contextmanager
def open_client(*, as_json: bool, patience: timedelta = AT_ONCE) -> Iterator[PausePoint]:
    """Open a client; any client error inside the block exits with 1."""
    from pausepoint.client import PausePoint, PausePointError

    try:
        with PausePoint(patience=patience) as client:
            yield client
    except PausePointError as error:
        refuse(error, as_json=as_json)


def refuse(error: PausePointError, *, as_json: bool) -> NoReturn:
    """Print the error, on stderr for people and on stdout as JSON, and exit with 1."""
    if as_json:
        said = {"error": error.code, "message": error.message, "status_code": error.status_code}
        print_json(said)
    click.echo(f"pausepoint: {printable(str(error))}", err=True)
    raise SystemExit(1)
