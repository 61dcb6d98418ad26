"""Output of all commands, for people or programs."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def print_json(value: Any) -> None:
    click.echo(json.dumps(value))


def fail(*sentences: str) -> NoReturn:
    """Print the error on stderr and exit with 1."""
    for sentence in sentences:
        click.echo(f"pausepoint: {sentence}", err=True)
    raise SystemExit(1)
