"""`accounts` and `keys`, for the operator; with or without a running server."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

from typing import Final

import click

from pausepoint.cli.admin_client import ask_server_or_database
from pausepoint.cli.output import json_option, print_json
from pausepoint.cli.server_extra import ServerGroup

SCOPES: Final = (
    "pauses:create", "pauses:read", "pauses:cancel", "webhooks:write", "audit:read",
    "recipients:write", "keys:write",
)  # fmt: skip
"""Those of domain/scopes.py; a test holds the two together. A command starts without the domain."""


def _checked_networks(
    _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    from ipaddress import ip_network

    for text in given:
        try:
            ip_network(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error
    return given


@click.group(cls=ServerGroup)
def accounts() -> None:
    """Make, list and disable accounts."""


@accounts.command("create")
@click.option("--email", required=True, help="The account's e-mail address.")
@click.option("--name", required=True, help="Shown to people: “An AI agent of NAME …”.")
@json_option
def create_account(email: str, name: str, as_json: bool) -> None:
    """Make an account and print its two keys, once.

    \b
    pausepoint accounts create --email you@example.com --name Acme
    """
    answer = ask_server_or_database("accounts.create", email=email, name=name)
    if as_json:
        print_json(answer)
        return
    click.echo(f"Account {answer['developer_id']}. Its keys, shown this once:")
    click.echo(f"  live  {answer['api_key']}\n  test  {answer['test_api_key']}")


@accounts.command("list")
@json_option
def list_accounts(as_json: bool) -> None:
    """List the accounts."""
    items = ask_server_or_database("accounts.list")["items"]
    if as_json:
        print_json(items)
        return
    for item in items:
        state = "disabled" if item["disabled"] else "active"
        click.echo(
            f"{item['developer_id']}  {state:8}  {item['plan']:9}  {item['email']}  {item['name']}"
        )


@accounts.command("disable")
@click.argument("account")
@click.option("--undo", is_flag=True, help="Enable it again.")
def disable_account(account: str, undo: bool) -> None:
    """Switch off every key of an account (an id or an e-mail address)."""
    answer = ask_server_or_database("accounts.disable", account=account, disabled=not undo)
    state = "disabled" if answer["disabled"] else "enabled"
    click.echo(f"{answer['developer_id']} is {state}.")


@accounts.command("set-plan")
@click.argument("account")
@click.argument("plan")
def set_plan(account: str, plan: str) -> None:
    """Give an account (an id or an e-mail address) a plan: see PAUSEPOINT_PLANS.

    \b
    pausepoint accounts set-plan you@example.com starter
    """
    answer = ask_server_or_database("accounts.set_plan", account=account, plan=plan)
    click.echo(f"{answer['developer_id']} has the plan {answer['plan']}.")


@click.group(cls=ServerGroup)
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command("create")
@click.argument("account")
@click.option("--mode", type=click.Choice(["live", "test"]), default="live", show_default=True)
@click.option("--name", default="cli", show_default=True, help="What the key is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    help="What it may do; give it once for each. Without any: everything.",
)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="After how many it ends.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    callback=_checked_networks,
    help="An address or network (CIDR) that it may be used from; once for each.",
)
@json_option
def create_key(
    account: str,
    mode: str,
    name: str,
    scopes: tuple[str, ...],
    days: float | None,
    networks: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make one more key and print it, once.

    \b
    pausepoint keys create you@example.com --mode test --name laptop
    pausepoint keys create you@example.com --name deploy --scope pauses:create \\
      --scope pauses:read --days 90 --network 192.0.2.0/24
    """
    answer = ask_server_or_database(
        "keys.create",
        account=account,
        mode=mode,
        name=name,
        scopes=list(scopes),
        days=days,
        networks=list(networks),
    )
    if as_json:
        print_json(answer)
    else:
        click.echo(answer["api_key"])


@keys.command("list")
@click.argument("account")
@json_option
def list_keys(account: str, as_json: bool) -> None:
    """List an account's keys (never the keys themselves)."""
    items = ask_server_or_database("keys.list", account=account)["items"]
    if as_json:
        print_json(items)
        return
    for item in items:
        state = "revoked" if item["revoked"] else "active"
        used = f"used {item['last_used_at']}" if item["last_used_at"] else "never used"
        scopes = " ".join(item["scopes"]) if item["scopes"] else "everything"
        click.echo(
            f"{item['key_id']}  {state:7}  {item['prefix']}…  {used}  {scopes}  {item['name']}"
        )


@keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Make a key open nothing any more."""
    answer = ask_server_or_database("keys.revoke", key_id=key_id)
    click.echo(f"{key_id} is revoked." if answer["changed"] else f"{key_id} was revoked before.")
