"""`get`, `list`, `cancel`, `audit`: the key's own pauses and what happened to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pausepoint.cli.client_context import client_options, open_client
from pausepoint.cli.documents import document
from pausepoint.cli.output import print_json
from pausepoint.cli.values import first_line, minute, printable

if TYPE_CHECKING:
    from pausepoint.client import Pause

STATUSES = ("pending", "responded", "timed_out", "cancelled")

limit_option = click.option(
    "--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="At most so many."
)
offset_option = click.option(
    "--offset", type=click.IntRange(min=0), default=0, help="Leave out so many of the newest."
)


@click.command()
@click.argument("pause_id")
@client_options
def get(pause_id: str, as_json: bool) -> None:
    """Show the pause PAUSE_ID as it is now.

    \b
    pausepoint get psr_01a2039e-5090-7744-ab19-5212ad76b8da
    """
    with open_client(as_json=as_json) as client:
        pause = client.get(pause_id)
    if as_json:
        print_json(document(pause))
        return
    default = pause.timeout_default
    rows = {
        "Pause": pause.pause_id + (" (test)" if pause.test else ""),
        "Status": pause.status,
        "Question": pause.message or "(erased)",
        "Options": ", ".join(pause.options or ()),
        "Recipient": f"{pause.recipient or '(erased)'} by {pause.channel}",
        "Delivery": pause.delivery.state,
        "Asked": minute(pause.created_at),
        "Deadline": minute(pause.expires_at) + (f", then {default}" if default else ""),
        "Answer": pause.response_choice and f"{pause.response_choice} ({pause.resolved_by})",
        "Note": pause.response_text,
    }
    for name, value in rows.items():
        for number, text in enumerate((value or "").splitlines()):
            click.echo(f"{'' if number else name:10} {printable(text)}")


@click.command("list")
@click.option("--status", type=click.Choice(STATUSES), help="Only these.")
@limit_option
@offset_option
@client_options
def list_pauses(status: str | None, limit: int, offset: int, as_json: bool) -> None:
    """List the pauses of this key, newest first.

    \b
    pausepoint list --status pending
    """
    with open_client(as_json=as_json) as client:
        page = client.list(status=status, limit=limit, offset=offset)
    if as_json:
        print_json([document(pause) for pause in page])
        return
    for pause in page:
        click.echo(line(pause))
    if page.has_more:
        click.echo(f"There are more: --offset {offset + len(page)}", err=True)


@click.command()
@click.argument("pause_id")
@client_options
def cancel(pause_id: str, as_json: bool) -> None:
    """Withdraw the question PAUSE_ID. The person's link then says so.

    \b
    pausepoint cancel psr_01a2039e-5090-7744-ab19-5212ad76b8da
    """
    with open_client(as_json=as_json) as client:
        pause = client.cancel(pause_id)
    if as_json:
        print_json(document(pause))
    else:
        click.echo(f"{pause.pause_id} is cancelled.")


@click.command()
@click.option("--pause", "pause_id", help="Only what happened to this pause.")
@click.option("--event", "event_type", help="Only this event, such as pause.responded.")
@click.option("--from", "from_date", help="From this date or time on, such as 2026-11-22.")
@click.option("--to", "to_date", help="Up to and with this date or time.")
@limit_option
@offset_option
@client_options
def audit(
    pause_id: str | None,
    event_type: str | None,
    from_date: str | None,
    to_date: str | None,
    limit: int,
    offset: int,
    as_json: bool,
) -> None:
    """Show the audit log of this key's account, newest first.

    \b
    pausepoint audit --event pause.responded --from 2026-11-01
    """
    with open_client(as_json=as_json) as client:
        page = client.audit(
            pause_id=pause_id,
            event_type=event_type,
            from_date=from_date,
            to_date=to_date,
            limit=limit,
            offset=offset,
        )
    if as_json:
        print_json([document(entry) for entry in page])
        return
    for entry in page:
        detail = printable(json.dumps(entry.detail, ensure_ascii=False)) if entry.detail else ""
        about = entry.pause_request_id or ""
        shown = f"{minute(entry.created_at)}  {entry.event_type:22}  {entry.actor:9}  {about}"
        click.echo(f"{shown}  {detail}".rstrip())


def line(pause: Pause) -> str:
    """Format a pause on one line: time, id, status, question."""
    outcome = pause.status
    if pause.response_choice is not None:
        outcome = f"{first_line(pause.response_choice, 20)} ({pause.resolved_by})"
    elif pause.is_pending:
        outcome = f"pending, {pause.delivery.state}"
    question = first_line(pause.message, 60)
    return f"{minute(pause.created_at)}  {pause.pause_id}  {outcome:24}  {question}".rstrip()
