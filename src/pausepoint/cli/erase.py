"""`erase`: delete question, recipient and answer of the named pauses."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pausepoint.cli.client_context import client_options, error_document, error_text, open_client
from pausepoint.cli.documents import document
from pausepoint.cli.output import print_json
from pausepoint.cli.values import printable

if TYPE_CHECKING:
    from pausepoint.client import PausePoint


@click.command(short_help="Erase what was asked in PAUSE_IDS, and answered, for good.")
@click.argument("pause_ids", nargs=-1, required=True)
@client_options
def erase(pause_ids: tuple[str, ...], as_json: bool) -> None:
    """Erase question, recipient and answer of PAUSE_IDS for good.

    The pauses stay, with their status and times, and so does the audit log. A pause that still
    waits is refused: cancel it first. Where one is refused the others are erased all the same,
    and the exit code is 1. With --json there is a line for each, in the order given.

    \b
    pausepoint erase psr_01a2039e-5090-7744-ab19-5212ad76b8da
    pausepoint list --status cancelled --json | jq -r '.[].pause_id' | xargs pausepoint erase
    """
    with open_client(as_json=as_json) as client:
        erased = [_erase(client, pause_id, as_json=as_json) for pause_id in pause_ids]
    if not all(erased):
        raise SystemExit(1)


def _erase(client: PausePoint, pause_id: str, *, as_json: bool) -> bool:
    """Return whether this pause was erased. Errors that affect all pauses propagate."""
    from pausepoint.client import Conflict, InvalidRequest, NotFound

    try:
        pause = client.erase(pause_id)
    except (Conflict, InvalidRequest, NotFound) as error:
        if as_json:
            print_json({"pause_id": pause_id} | error_document(error))
        click.echo(f"pausepoint: {printable(f'{pause_id}: {error_text(error)}')}", err=True)
        return False
    if as_json:
        print_json(document(pause))
    else:
        click.echo(f"{pause.pause_id} is erased.")
    return True
