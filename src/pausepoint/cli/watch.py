"""`watch`: what becomes of this key's pauses, line by line as it happens."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import click

from pausepoint.cli.client_context import THROUGH_RESTARTS, client_options, open_client
from pausepoint.cli.documents import document
from pausepoint.cli.output import print_json
from pausepoint.cli.pauses import line
from pausepoint.cli.values import printable

if TYPE_CHECKING:
    from pausepoint.client import Pause, PausePoint

MOST: Final = 100
"""How many of the pauses that are pending at the start are shown."""
ENDINGS: Final = ("pause.responded", "pause.timed_out", "pause.cancelled")
EVENTS: Final = ("pause.created", "pause.undeliverable", *ENDINGS)


@click.command()
@client_options
def watch(as_json: bool) -> None:
    """Show the pending pauses of this key, then each pause that is created or ends, until Ctrl-C.

    It goes on after restarts of the server and misses nothing. With --json each line is a pause.

    \b
    pausepoint watch
    pausepoint watch --json | jq .status
    """
    from pausepoint.client import Conflict, RateLimited, ServerError, Unreachable

    try:
        with open_client(as_json=as_json, patience=THROUGH_RESTARTS) as client:
            watched = Watched(client, as_json=as_json)
            while True:
                try:
                    watched.follow()
                except (RateLimited, ServerError, Unreachable) as error:
                    click.echo(f"pausepoint: {printable(str(error))}", err=True)
                except Conflict as error:
                    if error.code != "EVENTS_GONE":
                        raise
                    watched.start_anew()
    except KeyboardInterrupt:
        raise SystemExit(0) from None


class Watched:
    """Shows each pause once for each way that it stands."""

    def __init__(self, client: PausePoint, *, as_json: bool) -> None:
        self._client = client
        self._as_json = as_json
        self._last_event_id: str | None = None
        self._shown: dict[str, tuple[str, bool]] = {}

    def follow(self) -> None:
        """Print events, resuming after the last one shown. Raises the client's errors."""
        from pausepoint.client import NotFound

        feed = self._client.events(
            types=EVENTS, last_event_id=self._last_event_id, on_connected=self._connected
        )
        for event in feed:
            with suppress(NotFound):  # it was erased meanwhile
                self._show(self._client.get(event.pause_id))
            if event.event in ENDINGS:
                self._shown.pop(event.pause_id, None)
            self._last_event_id = event.event_id

    def start_anew(self) -> None:
        """Called when events after the last one are no longer available."""
        click.echo(
            "pausepoint: What happened meanwhile can no longer be told: `pausepoint audit` has what"
            " is kept. Starting anew with the pending pauses.",
            err=True,
        )
        self._last_event_id = None

    def _connected(self, event_id: str) -> None:
        """List the pending pauses once the feed is connected, so that no event falls between the two."""
        if self._last_event_id is None:
            for pause in reversed(self._client.list(status="pending", limit=MOST).items):
                self._show(pause)
            self._last_event_id = event_id

    def _show(self, pause: Pause) -> None:
        stands = (pause.status, pause.is_undeliverable)
        if self._shown.get(pause.pause_id) == stands:
            return
        self._shown[pause.pause_id] = stands
        if self._as_json:
            print_json(document(pause))
        else:
            click.echo(line(pause))
