"""`ask` and `wait`: a question, and its answer as output and exit code."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

import click

from pausepoint.channel_list import CHANNELS, RECIPIENTS
from pausepoint.cli.answering import answered
from pausepoint.cli.client_context import (
    ONCE,
    THROUGH_RESTARTS,
    client_options,
    new_client,
    open_client,
)
from pausepoint.cli.documents import document
from pausepoint.cli.output import print_json
from pausepoint.cli.values import contact, duration, pair

if TYPE_CHECKING:
    from pausepoint.client import Answer, Pause, PausePoint
    from pausepoint.client.waiting import OnPending

Question: TypeAlias = tuple[str, str, Sequence[str]]
"""Recipient, message and options."""

EXIT_CODES = """\b
Exit code  0   the first option
          10   another option
          20   nobody answered in time; the default, if there is one, is printed
          30   cancelled
           1   an error"""


@click.command(short_help="Ask a person, wait, and print what they chose.", epilog=EXIT_CODES)
@click.argument("message")
@click.argument("options", nargs=-1, required=True)
@click.option("--to", "recipient", required=True, help=f"Whom: a {RECIPIENTS}.")
@click.option(
    "--channel",
    type=click.Choice(list(CHANNELS)),
    help="How; from the form of the recipient unless given.",
)
@click.option("--timeout", type=duration, help="How long they have, such as 2h.  [default: 24h]")
@click.option("--default", help="The option that is taken if nobody answers in time.")
@click.option(
    "--metadata",
    type=pair,
    multiple=True,
    metavar="KEY=VALUE",
    help="Shown with the question; repeatable.",
)
@click.option("--text", "allow_text", is_flag=True, help="Let them add a note, printed below.")
@click.option("--remind-after", type=duration, help="When to send the question again, such as 30m.")
@click.option(
    "--fallback",
    type=contact,
    multiple=True,
    metavar="[CHANNEL:]RECIPIENT",
    help="Whom to ask if the message fails or nobody answers by the reminder; up to 3.",
)
@click.option("--callback-url", help="Where this question's events are posted.")
@click.option(
    "--callback-secret-file",
    type=click.File(),
    help="Holds the secret that signs them; - is standard input."
    "  [default: PAUSEPOINT_CALLBACK_SECRET]",
)
@click.option("--idempotency-key", help="Asking again with the same key asks nobody twice.")
@click.option("--no-wait", is_flag=True, help="Print the pause's id, and do not wait.")
@client_options
def ask(
    message: str,
    options: tuple[str, ...],
    recipient: str,
    metadata: tuple[tuple[str, str], ...],
    callback_secret_file: TextIO | None,
    idempotency_key: str | None,
    no_wait: bool,
    as_json: bool,
    **details: Any,
) -> None:
    """Ask a person MESSAGE, wait, and print which of OPTIONS they chose.

    It needs PAUSEPOINT_API_KEY, and PAUSEPOINT_BASE_URL where PausePoint is not at
    http://127.0.0.1:8000. A MESSAGE of - is read from standard input.

    \b
    pausepoint ask --to +15550100199 "Deploy?" Approve Reject --timeout 2h --default Reject
    git diff --stat | pausepoint ask --to you@example.com - Merge Close
    pausepoint ask --to +15550100199 "Deploy?" Approve Reject && ./deploy
    pausepoint ask --to +15550100199 "Deploy?" Approve Reject --no-wait
    pausepoint ask --to +15550100199 "Deploy?" Approve Reject --remind-after 30m \\
        --fallback email:oncall@example.com
    """
    from pausepoint.client.environment import new_idempotency_key

    details["metadata"] = dict(metadata) or None
    if details["callback_url"] is not None:
        details["callback_secret"] = _callback_secret(callback_secret_file)
    # An empty key is refused, and not replaced.
    key = new_idempotency_key() if idempotency_key is None else idempotency_key
    details["idempotency_key"] = key
    question = sys.stdin.read() if message == "-" else message
    arguments = (recipient, question, options)
    with open_client(as_json=as_json, patience=THROUGH_RESTARTS) as client:
        if no_wait:
            pause = _created(arguments, details) or client.create(*arguments, **details)
            print_json(document(pause)) if as_json else click.echo(pause.pause_id)
            return
        answered(
            lambda on_pending: _answer(client, arguments, details, on_pending),
            with_text=details["allow_text"],
            as_json=as_json,
            if_lost=f"It may have been asked. To find out without asking twice, ask again with"
            f" --idempotency-key {key}",
        )


def _answer(
    client: PausePoint, arguments: Question, details: dict[str, Any], on_pending: OnPending
) -> Answer:
    pause = _created(arguments, details)
    if pause is not None:
        return client.wait(pause, on_pending=on_pending)
    return client.ask(*arguments, on_pending=on_pending, **details)


def _created(arguments: Question, details: dict[str, Any]) -> Pause | None:
    """Ask without a retry: where nothing answers, waiting for it is no use. None if it may be tried again."""
    from pausepoint.client import RateLimited, ServerError, UnexpectedAnswer, Unreachable

    try:
        with new_client(ONCE) as client:
            return client.create(*arguments, **details)
    except (RateLimited, ServerError, UnexpectedAnswer):
        return None
    except Unreachable as error:
        if not error.may_have_been_done:
            raise
        return None


def _callback_secret(file: TextIO | None) -> str:
    """Read it from the environment: every user of the machine can read a command's arguments."""
    from pausepoint.client.environment import CALLBACK_SECRET, setting

    secret = setting(CALLBACK_SECRET) if file is None else file.read().strip()
    if not secret:
        raise click.UsageError(
            "--callback-url needs a secret: set PAUSEPOINT_CALLBACK_SECRET, or name a file with"
            " --callback-secret-file."
        )
    return secret


@click.command(epilog=EXIT_CODES)
@click.argument("pause_id")
@click.option("--text", "with_text", is_flag=True, help="Print the person's note too, below.")
@client_options
def wait(pause_id: str, with_text: bool, as_json: bool) -> None:
    """Wait for the answer to PAUSE_ID, and print it.

    \b
    pausepoint wait psr_01a2039e-5090-7744-ab19-5212ad76b8da
    """
    with open_client(as_json=as_json, patience=THROUGH_RESTARTS) as client:
        answered(
            lambda on_pending: client.wait(pause_id, on_pending=on_pending),
            with_text=with_text,
            as_json=as_json,
            if_lost=f"To go on: pausepoint wait {pause_id}",
        )
