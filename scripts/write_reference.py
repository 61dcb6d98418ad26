"""Writes the generated parts of docs/reference/, and tests/store/sql/, from the code: `.venv/bin/python -m scripts.write_reference`.

Each page is written by hand but for what stands between the two marker lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import click
from scripts.sql_reference import references

import pausepoint
from pausepoint.channels.registry import CHANNELS
from pausepoint.channels.setting import Setting
from pausepoint.channels.wording import client_module, filled_in, placeholders
from pausepoint.cli import main as cli
from pausepoint.config.table import SETTINGS
from pausepoint.domain.errors import PausePointError
from pausepoint.domain.events import FEED_EVENTS, WEBHOOK_EVENTS, Event
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.error_catalogue import catalogue

ROOT: Final = Path(__file__).parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"
SOURCE: Final = Path(pausepoint.__file__).parent
BEGIN: Final = "<!-- begin: written by scripts/write_reference.py -->"
END: Final = "<!-- end -->"
COLUMNS: Final = 80
CHANNEL_LISTS: Final = (
    ROOT / "mcp_server" / "channels.py",
    SOURCE / "channel_list.py",
)
CLIENTS: Final = ("client", "cli")
"""Packages that have errors of their own, by the same names."""

EVENT_MEANINGS: Final = {
    Event.DEVELOPER_REGISTERED: ("developer", "an account was made"),
    Event.DEVELOPER_DISABLED: ("system", "the operator switched the account off"),
    Event.DEVELOPER_PLAN_SET: ("system", "the operator gave the account another plan"),
    Event.DEVELOPER_ENABLED: ("system", "the operator switched it on again"),
    Event.API_KEY_CREATED: ("developer", "the operator made one more key"),
    Event.API_KEY_ROTATED: ("developer", "a key was replaced by its holder"),
    Event.API_KEY_REVOKED: ("developer", "the operator revoked a key"),
    Event.PAUSE_CREATED: ("developer", "an agent asked"),
    Event.PAUSE_RESPONDED: ("human", "a person chose an option"),
    Event.PAUSE_TIMED_OUT: ("system", "the deadline passed without an answer"),
    Event.PAUSE_CANCELLED: ("developer", "the question was withdrawn"),
    Event.PAUSE_ERASED: ("developer or system", "what was asked and answered was erased"),
    Event.PAUSE_UNDELIVERABLE: ("system", "nobody could be reached: every message failed for good"),
    Event.WEBHOOK_CREATED: ("developer", "a webhook was registered"),
    Event.WEBHOOK_DELETED: ("developer", "a webhook was deleted"),
    Event.WEBHOOK_DELIVERED: ("system", "a webhook took an event"),
    Event.WEBHOOK_FAILED: ("system", "an event was given up"),
    Event.NOTIFICATION_SENT: ("system", "the next system took the message"),
    Event.NOTIFICATION_DELIVERED: ("system", "somebody said that the message arrived"),
    Event.NOTIFICATION_FAILED: ("system", "the message was given up"),
    Event.RECIPIENT_ADDED: ("developer", "an address was put into the directory"),
    Event.RECIPIENT_VERIFIED: (
        "human or system",
        "the person agreed to be asked, or the operator answered for them",
    ),
    Event.RECIPIENT_REMOVED: ("developer", "an address was taken out of the directory"),
    Event.RECIPIENT_MUTED: ("human", "a person wants no more messages from this account"),
    Event.RECIPIENT_UNMUTED: ("human or system", "the person took that back, or the operator did"),
    Event.RECIPIENT_REPORTED: ("human", "a person wants no more messages, and told the operator"),
    Event.AUDIT_PURGED: ("system", "old entries were removed"),
}


def pages() -> dict[Path, str]:
    """Every file as it should read now: the reference pages, and the channels as clients know them."""
    return dict.fromkeys(CHANNEL_LISTS, client_module(CHANNELS.values())) | {
        REFERENCE / name: _refilled((REFERENCE / name).read_text("utf-8"), part())
        for name, part in PARTS.items()
    }


def _refilled(page: str, part: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin, "the page lost its first marker"
    assert end, "the page lost its second marker"
    return f"{before}{BEGIN}\n\n{part}\n\n{END}{after}"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ── Settings ──


def settings() -> str:
    rows = [(f"`{s.name}`", _literal(s.default), _meaning(s)) for s in SETTINGS]
    return _table(("Setting", "Default", "Meaning"), rows)


def _literal(default: str) -> str:
    is_prose = " " in default or "`" in default or default in ("unset", "empty", "off", "on")
    return default if is_prose else f"`{default}`"


def _meaning(setting: Setting) -> str:
    return f"{setting.meaning} A secret." if setting.is_secret else setting.meaning


# ── Errors and events ──


def errors() -> str:
    found = sorted(catalogue().values(), key=lambda error: (error.status, error.code))
    sent = [error for error in found if _is_used(error.__name__, "errors.py", "request_errors.py")]
    table = _table(
        ("Status", "Code", "Sentence"),
        [(str(error.status), f"`{error.code}`", _said(error.sentence)) for error in sent],
    )
    return table + _reserved([error for error in found if error not in sent])


def _said(sentence: str) -> str:
    return filled_in(sentence, placeholders(CHANNELS.values()))


def _reserved(unused: list[type[PausePointError]]) -> str:
    if not unused:
        return ""
    names = ", ".join(f"`{error.code}` ({error.status})" for error in unused)
    return f"\n\nReserved, and not sent by this version: {names}."


def events() -> str:
    rows = []
    for event in Event:
        actor, meaning = EVENT_MEANINGS[event]
        is_used = _is_used(f"Event.{event.name}", "events.py") or event in _told_by_endings()
        rows.append(
            (
                f"`{event.value}`",
                f"`{actor}`" if actor else "",
                "yes" if event in WEBHOOK_EVENTS else "",
                "yes" if event in FEED_EVENTS else "",
                _sentence(meaning if is_used else f"{meaning}; reserved, not written yet"),
            )
        )
    return _table(
        ("Event", "Actor in the audit log", "For webhooks", "In the feed", "It says that"), rows
    )


def _told_by_endings() -> tuple[Event, ...]:
    return (Event.PAUSE_RESPONDED, Event.PAUSE_TIMED_OUT, Event.PAUSE_CANCELLED)


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."


def _is_used(name: str, *homes: str) -> bool:
    """Whether the server names it anywhere but where it is defined and listed."""
    word = re.compile(rf"(?<!class )\b{re.escape(name)}\b")
    return any(word.search(text) for path, text in _sources() if path.name not in homes)


@cache
def _sources() -> tuple[tuple[Path, str], ...]:
    found = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name not in CLIENTS]
    return tuple((path, path.read_text("utf-8")) for path in found)


# ── Endpoints ──


def endpoints() -> str:
    rows = [_endpoint_row(endpoint) for endpoint in ENDPOINTS if endpoint.is_published]
    return _table(("Endpoint", "What it does", "Key", "Success", "Errors of its own"), rows)


def _endpoint_row(endpoint: Endpoint) -> tuple[str, ...]:
    statuses = "201, 200" if "Idempotency-Key" in endpoint.headers else str(endpoint.status)
    return (
        f"`{endpoint.method} {endpoint.path}`",
        endpoint.summary,
        "yes" if endpoint.needs_key else "",
        statuses,
        ", ".join(f"`{error.code}`" for error in endpoint.errors),
    )


# ── Commands ──


def commands() -> str:
    return "\n\n".join(_help(context) for context in _contexts(cli, "pausepoint", None))


def _contexts(
    command: click.Command, name: str, parent: click.Context | None
) -> Iterator[click.Context]:
    context = click.Context(
        command,
        parent=parent,
        info_name=name,
        terminal_width=COLUMNS,
        max_content_width=COLUMNS,
        **command.context_settings,
    )
    yield context
    if isinstance(command, click.Group):
        for child_name, child in sorted(command.commands.items()):
            yield from _contexts(child, child_name, context)


def _help(context: click.Context) -> str:
    text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
    return f"## `{context.command_path}`\n\n```text\n{text}\n```"


PARTS: Final[dict[str, Callable[[], str]]] = {
    "settings.md": settings,
    "errors.md": errors,
    "events.md": events,
    "api.md": endpoints,
    "cli.md": commands,
}


def main() -> None:
    for path, text in (pages() | references()).items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(f"wrote {path.name}")


if __name__ == "__main__":
    main()
