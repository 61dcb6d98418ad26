"""What `dev` and `serve` say when they are ready: the next thing to do, ready to copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pausepoint.cli.output import print_json
from pausepoint.cli.snippets import (
    claude_code_command,
    claude_code_http_command,
    program,
)
from pausepoint.config.settings import local_url

if TYPE_CHECKING:
    from pausepoint.config.settings import Settings


@dataclass(frozen=True)
class NewKeys:
    """The first account's keys, where this start has made them."""

    live: str
    test: str


def show_ready(
    settings: Settings, keys: NewKeys | None, *, has_accounts: bool, as_json: bool
) -> None:
    if as_json:
        _show_json(settings, keys)
    elif settings.is_dev:
        _show_dev(settings, keys)
    else:
        _show_serve(settings, has_accounts=has_accounts)


def _show_json(settings: Settings, keys: NewKeys | None) -> None:
    line: dict[str, str] = {"base_url": settings.public_url}
    if keys is not None:
        line |= {"api_key": keys.live, "test_api_key": keys.test}
    if settings.is_dev:
        line["inbox_url"] = _inbox_url(settings)
    print_json(line)


def _show_dev(settings: Settings, keys: NewKeys | None) -> None:
    url = settings.public_url
    key = keys.test if keys else "pp_test_…"
    lines = [
        "",
        f"  PausePoint is ready at {url}",
        f"  Test inbox:            {_inbox_url(settings)}",
        "",
    ]
    if keys is not None:
        lines += [
            "  Two keys, shown this once. With the test key nobody outside is asked.",
            f"    test  {keys.test}",
            f"    live  {keys.live}",
            "",
        ]
    else:
        lines += [
            "  Your keys were shown when the database was made. To make another:",
            f"    {program()} keys create dev@example.com --mode test",
            "",
        ]
    lines += [
        "  Give it to Claude Code:",
        f"    {claude_code_command(url, key)}",
        "  Or over HTTP:",
        f"    {claude_code_http_command(url, key)}",
        "",
        f"  For other hosts: {program()} mcp-config" + (f" --key {key}" if keys else ""),
        "  Ctrl+C stops it.",
        "",
    ]
    click.echo("\n".join(lines))


def _show_serve(settings: Settings, *, has_accounts: bool) -> None:
    click.echo(f"PausePoint is ready at {settings.public_url}", err=True)
    if not has_accounts and not settings.registration_is_open:
        click.echo(
            "There is no account yet. Make the first one:\n"
            f"  {program()} accounts create --email you@example.com --name Acme",
            err=True,
        )
    # A channel without settings of its own that it needs is usable as soon as links lead here.
    needy = [each for each in settings.channels.values() if each.needs_settings]
    if not any(channel.is_set_up for channel in needy):
        nouns = " and ".join(channel.noun() for channel in needy)
        click.echo(
            f"{nouns} are not set up: live keys cannot use them."
            f" `{program()} doctor` says what is missing.",
            err=True,
        )


def _inbox_url(settings: Settings) -> str:
    """Return the inbox's loopback URL: it is not served at the public URL."""
    return f"{local_url(settings.host, settings.port)}/dev/inbox"
