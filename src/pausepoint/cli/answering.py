"""Wait for an answer, print it, and exit with a code that says how the question ended."""

# ruff: noqa: PLC0415 - a command imports what it needs when it runs
from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

import click

from pausepoint.cli.documents import document
from pausepoint.cli.output import print_json
from pausepoint.cli.values import left_until, minute, printable

if TYPE_CHECKING:
    from pausepoint.client import Answer, Pause, Unanswered

FIRST: Final = 0
ANOTHER: Final = 10
TIMED_OUT: Final = 20
CANCELLED: Final = 30
INTERRUPTED: Final = 130


def answered(
    waited: Callable[[Callable[[Pause], None]], Answer],
    *,
    with_text: bool,
    as_json: bool,
    if_lost: str,
) -> NoReturn:
    """Print the answer and exit. Client errors other than Cancelled and TimedOut propagate.

    `if_lost` is what to do where it was broken off before there was a pause to name.
    """
    from pausepoint.client import Cancelled, TimedOut, Unreachable

    progress = Progress()
    try:
        answer = waited(progress.show)
    except (Cancelled, TimedOut) as nothing:
        progress.clear()
        _show_nothing(nothing, as_json=as_json)
        raise SystemExit(CANCELLED if isinstance(nothing, Cancelled) else TIMED_OUT) from None
    except KeyboardInterrupt:
        progress.clear()
        click.echo(_how_to_go_on(progress.pause_id, if_lost), err=True)
        raise SystemExit(INTERRUPTED) from None
    except Unreachable as error:
        progress.clear()
        if progress.pause_id or error.may_have_been_done:
            click.echo(_how_to_go_on(progress.pause_id, if_lost), err=True)
        raise
    finally:
        progress.clear()
    _show(answer, with_text=with_text, as_json=as_json)
    raise SystemExit(_code(answer))


class Progress:
    """A line on stderr about the pause that is waited for, kept up to date on a terminal."""

    def __init__(self) -> None:
        self.pause_id: str | None = None
        self._is_shown = False

    def show(self, pause: Pause) -> None:
        from pausepoint.client.environment import now

        is_first = self.pause_id is None
        self.pause_id = pause.pause_id
        if is_first and not sys.stderr.isatty():
            until = minute(pause.expires_at)
            click.echo(f"pausepoint: Asked as {pause.pause_id}, open until {until}.", err=True)
        if sys.stderr.isatty():
            left = left_until(pause.expires_at, now())
            line = f"{pause.pause_id}: {pause.delivery.state}, {left} left. Ctrl-C stops waiting."
            self._is_shown = True  # before it is: Ctrl-C may come at any moment
            click.echo(f"\r\x1b[K{printable(line)}", nl=False, err=True)

    def clear(self) -> None:
        if self._is_shown:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._is_shown = False


def _show(answer: Answer, *, with_text: bool, as_json: bool) -> None:
    if as_json:
        print_json(document(answer.pause))
        return
    click.echo(answer.choice)
    if with_text and answer.text:
        click.echo(printable(answer.text))
    if answer.resolved_by == "timeout":
        click.echo("pausepoint: Nobody answered in time: this is the default.", err=True)


def _show_nothing(nothing: Unanswered, *, as_json: bool) -> None:
    if as_json and nothing.pause is not None:
        print_json(document(nothing.pause))
    click.echo(f"pausepoint: {nothing.message}", err=True)


def _code(answer: Answer) -> int:
    if answer.resolved_by == "timeout":
        return TIMED_OUT
    return FIRST if answer.choice == (answer.pause.options or ("",))[0] else ANOTHER


def _how_to_go_on(pause_id: str | None, if_lost: str) -> str:
    if pause_id is None:
        return f"pausepoint: {if_lost}"
    return f"pausepoint: The question stays open. To go on: pausepoint wait {pause_id}"
