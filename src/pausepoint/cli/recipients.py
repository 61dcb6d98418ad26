"""`recipients`: the directory of live keys' recipients, and mutes and reports of agents."""

from __future__ import annotations

import click

from pausepoint.channel_list import CHANNELS
from pausepoint.cli.admin_client import ask_server_or_database
from pausepoint.cli.output import json_option, print_json
from pausepoint.cli.server_extra import ServerGroup


@click.group(cls=ServerGroup)
def recipients() -> None:
    """Manage the recipients of live keys; see mutes and reports."""


@recipients.command("add")
@click.argument("account")
@click.argument("address")
@click.option("--channel", type=click.Choice(list(CHANNELS)), required=True)
@json_option
def add(account: str, address: str, channel: str, as_json: bool) -> None:
    """Allow a recipient for an account (an id or an e-mail address), without a confirmation.

    \b
    pausepoint recipients add you@example.com +15550100199 --channel sms
    """
    answer = ask_server_or_database(
        "recipients.add", account=account, channel=channel, address=address
    )
    if as_json:
        print_json(answer)
    else:
        click.echo(f"{answer['recipient_id']} is verified.")


@recipients.command("list")
@click.argument("account")
@json_option
def list_recipients(account: str, as_json: bool) -> None:
    """List the recipients of an account."""
    items = ask_server_or_database("recipients.list", account=account)["items"]
    if as_json:
        print_json(items)
        return
    for item in items:
        state = "verified" if item["verified"] else "unverified"
        click.echo(f"{item['recipient_id']}  {state:10}  {item['channel']:5}  {item['recipient']}")


@recipients.command("verify")
@click.argument("recipient_id")
def verify(recipient_id: str) -> None:
    """Answer for a recipient who has not confirmed."""
    answer = ask_server_or_database("recipients.verify", recipient_id=recipient_id)
    click.echo(f"{recipient_id} is verified{'' if answer['changed'] else ' already'}.")


@recipients.command("remove")
@click.argument("recipient_id")
def remove(recipient_id: str) -> None:
    """Take a recipient out of its account's directory."""
    ask_server_or_database("recipients.remove", recipient_id=recipient_id)
    click.echo(f"{recipient_id} is removed.")


@recipients.command("mutes")
@click.option("--lift", "mute_id", metavar="MUTE_ID", help="Take one back, for the person.")
@json_option
def mutes(mute_id: str | None, as_json: bool) -> None:
    """Show who muted or reported an account's agents.

    \b
    pausepoint recipients mutes
    pausepoint recipients mutes --lift mut_…
    """
    if mute_id is not None:
        answer = ask_server_or_database("recipients.lift", mute_id=mute_id)
        if as_json:
            print_json(answer)
        else:
            click.echo(f"{mute_id} is lifted." if answer["changed"] else f"There is no {mute_id}.")
        return
    items = ask_server_or_database("recipients.mutes")["items"]
    if as_json:
        print_json(items)
        return
    for item in items:
        click.echo(
            f"{item['mute_id']}  {item['reason']:8}  {item['created_at']}  {item['developer_id']}"
            f"  {item['channel']:5}  {item['recipient']}"
        )
