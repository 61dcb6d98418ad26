"""The client of a command: its options, its configuration, and its errors as exit codes."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import click

from pausepoint.cli.output import json_option, print_json
from pausepoint.cli.values import printable

if TYPE_CHECKING:
    from pausepoint.client import PausePoint, PausePointError

F = TypeVar("F", bound=Callable[..., Any])

ONCE: Final = timedelta(0)
"""No retries: for the first contact with a server that may not be there."""
AT_ONCE: Final = timedelta(seconds=3)
"""Patience of a command whose user looks on."""
THROUGH_RESTARTS: Final = timedelta(minutes=10)

_URL: Final = "pausepoint.url"
_FLAGS: Final = {
    "api_key": "PAUSEPOINT_API_KEY",
    "base_url": "--url",
    "recipient": "--to",
    "channel": "--channel",
    "message": "MESSAGE",
    "options": "OPTIONS",
    "timeout_hours": "--timeout",
    "timeout_default": "--default",
    "metadata": "--metadata",
    "remind_after_hours": "--remind-after",
    "fallback": "--fallback",
    "callback_url": "--callback-url",
    "callback_secret": "--callback-secret-file",
    "idempotency_key": "--idempotency-key",
    "event_type": "--event",
    "pause_id": "--pause",
    "from_date": "--from",
    "to_date": "--to",
}
"""What the API and the client name, as it is typed."""


def client_options(command: F) -> F:
    """Add `--url` and `--json` to a command that calls the API."""
    url_option = click.option(
        "--url",
        metavar="URL",
        expose_value=False,
        callback=_keep_url,
        help="Where PausePoint is.  [default: PAUSEPOINT_BASE_URL, or http://127.0.0.1:8000]",
    )
    return url_option(json_option(command))


def _keep_url(context: click.Context, _: click.Parameter, url: str | None) -> None:
    context.meta[_URL] = url


@contextmanager
def open_client(*, as_json: bool, patience: timedelta = AT_ONCE) -> Iterator[PausePoint]:
    """Open a client; any client error inside the block exits with 1."""
    from pausepoint.client import PausePointError

    try:
        with new_client(patience) as client:
            yield client
    except PausePointError as error:
        refuse(error, as_json=as_json)


def new_client(patience: timedelta) -> PausePoint:
    """Raises NotConfigured."""
    from pausepoint.client import PausePoint

    return PausePoint(base_url=click.get_current_context().meta.get(_URL), patience=patience)


def refuse(error: PausePointError, *, as_json: bool) -> NoReturn:
    """Print the error, on stderr for people and on stdout as JSON, and exit with 1."""
    if as_json:
        print_json(error_document(error))
    click.echo(f"pausepoint: {printable(error_text(error))}", err=True)
    raise SystemExit(1)


def error_document(error: PausePointError) -> dict[str, Any]:
    return {
        "error": error.code,
        "message": _typed(error),
        "status_code": error.status_code,
        "detail": [{"field": flag(p.field), "message": p.message} for p in error.detail],
    }


def error_text(error: PausePointError) -> str:
    """Return code, sentence and refused fields, each by the name that was typed."""
    problems = "; ".join(f"{flag(problem.field)}: {problem.message}" for problem in error.detail)
    request = error.request_id and f"request {error.request_id}"
    notes = "".join(f" ({note})" for note in (problems, request) if note)
    return f"{error.code}: {_typed(error)}{notes}"


def flag(field: str) -> str:
    """Return the option or argument for a field, such as `--fallback` for `fallback[0].recipient`."""
    name = re.split(r"[.\[]", field, maxsplit=1)[0]
    return _FLAGS.get(name.lower().replace("-", "_"), field)


def _typed(error: PausePointError) -> str:
    """Return the error's sentence with what to do on a command line."""
    from pausepoint.client import NotConfigured, Unreachable

    if isinstance(error, Unreachable):
        message = error.message.replace("idempotency_key", "--idempotency-key")
        return (
            f"{message} Is PausePoint running at {_base_url()}? PAUSEPOINT_BASE_URL or --url"
            " says where it is; `pausepoint dev` starts one."
        )
    if isinstance(error, NotConfigured):
        return error.message.replace(", or give api_key", "").replace("or base_url", "or --url")
    if error.code == "INVALID_CHANNEL":
        return re.sub(r"channel=(?=\")", "--channel ", error.message)
    return error.message


def _base_url() -> str:
    from pausepoint.client.access import DEFAULT_BASE_URL
    from pausepoint.client.environment import BASE_URL, setting

    return click.get_current_context().meta.get(_URL) or setting(BASE_URL) or DEFAULT_BASE_URL
