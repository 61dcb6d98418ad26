"""`watch`: what becomes of this key's pauses, line by line as it happens."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from pausepoint.cli.documents import document
from pausepoint.cli.opened import opened
from pausepoint.cli.output import json_option, print_json
from pausepoint.cli.pauses import line
from pausepoint.cli.values import printable

if TYPE_CHECKING:
    from pausepoint.client import Pause

NEWEST = 100


@click.command()
@click.option(
    "--interval",
    type=click.FloatRange(min=0.5),
    default=2,
    show_default=True,
    help="Seconds between two looks.",
)
@json_option
def watch(interval: float, as_json: bool) -> None:
    """Show the pending pauses of this key, then every change to its newest hundred, until Ctrl-C.

    \b
    pausepoint watch
    pausepoint watch --json | jq .status
    """
    from pausepoint.client import RateLimited, ServerError, Unreachable
    from pausepoint.client.environment import sleep

    watched = Watched()
    try:
        with opened(as_json=as_json) as client:
            while True:
                try:
                    for pause in watched.news(client.list(limit=NEWEST)):
                        _show(pause, as_json=as_json)
                except (RateLimited, ServerError, Unreachable) as error:
                    click.echo(f"pausepoint: {printable(str(error))}", err=True)
                sleep(interval)
    except KeyboardInterrupt:
        raise SystemExit(0) from None


class Watched:
    """How each pause stood when it was last seen."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, str]] | None = None

    def news(self, newest_first: Iterable[Pause]) -> list[Pause]:
        """Those that are new or stand otherwise than before, oldest first; at first the pending."""
        found = {pause.pause_id: pause for pause in newest_first}
        stands = {key: (pause.status, pause.delivery.state) for key, pause in found.items()}
        before, self._seen = self._seen, stands
        news = [
            pause
            for key, pause in found.items()
            if (pause.is_pending if before is None else before.get(key) != stands[key])
        ]
        return news[::-1]


def _show(pause: Pause, *, as_json: bool) -> None:
    if as_json:
        print_json(document(pause))
    else:
        click.echo(line(pause))
