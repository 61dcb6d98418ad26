"""The reference says what the code does: generated pages are fresh, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import click
import pytest
from scripts.write_reference import EVENT_MEANINGS, pages

from pausepoint.cli import main as cli
from pausepoint.config.table import OF_OTHERS, SETTINGS, Setting
from pausepoint.domain.delivery import (
    NOTIFICATION_RETRIES,
    WEBHOOK_RETRIES,
    DeliveryState,
    Outcome,
)
from pausepoint.domain.events import WEBHOOK_EVENTS, Actor, Event
from pausepoint.domain.pause import PauseStatus, ResolvedBy
from pausepoint.retry import RetryPolicy
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.error_catalogue import catalogue
from tests.docs.pages import ROOT

DOCS: Final = ROOT / "docs"
REFERENCE: Final = DOCS / "reference"
PACKAGE: Final = ROOT / "src" / "pausepoint"
FRESH: Final = pages()


@pytest.mark.parametrize("path", FRESH, ids=lambda path: path.name)
def test_a_generated_page_is_fresh(path: Path) -> None:
    assert path.read_text("utf-8") == FRESH[path], (
        "run: .venv/bin/python -m scripts.write_reference"
    )


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_there(setting: Setting) -> None:
    assert f"| `{setting.name}` |" in read(REFERENCE / "settings.md")


def test_every_setting_that_a_page_names_exists() -> None:
    """Or it is the MCP server's own, or a form of one with `_FILE`."""
    own_of_mcp = set(re.findall(r"PAUSEPOINT_\w+", read(ROOT / "mcp_server" / "README.md")))
    known = {setting.name for setting in SETTINGS} | own_of_mcp | OF_OTHERS
    known |= {f"{name}_FILE" for name in known}
    for page in [ROOT / "README.md", ROOT / "SECURITY.md", *DOCS.rglob("*.md")]:
        named = set(re.findall(r"(?<!_)PAUSEPOINT_[A-Z_]+[A-Z]", read(page)))
        made_there = set(re.findall(r'Setting\("(\w+)"', read(page)))

        assert named - known - made_there == set(), page


@pytest.mark.parametrize("code", catalogue())
def test_every_error_is_there(code: str) -> None:
    assert f"`{code}`" in read(REFERENCE / "errors.md")


@pytest.mark.parametrize("event", Event)
def test_every_event_is_there(event: Event) -> None:
    assert f"| `{event}` |" in read(REFERENCE / "events.md")
    assert event in EVENT_MEANINGS


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: f"{e.method} {e.path}")
def test_every_endpoint_is_there(endpoint: Endpoint) -> None:
    words = f"| `{endpoint.method} {endpoint.path}` |"

    assert words in read(REFERENCE / "api.md")


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_is_there(name: str) -> None:
    command = cli.commands[name]
    page = read(REFERENCE / "cli.md")

    assert f"## `pausepoint {name}`" in page
    for child in command.commands if isinstance(command, click.Group) else ():
        assert f"## `pausepoint {name} {child}`" in page


@pytest.mark.parametrize("word", [*PauseStatus, *ResolvedBy, *DeliveryState, *Outcome])
def test_the_lifecycle_explains_every_state(word: str) -> None:
    assert f"`{word}`" in read(DOCS / "explanation" / "lifecycle.md")


def test_the_arrows_are_those_of_the_code() -> None:
    """(a), (b) and (c) mean the same in the code, in the picture and in the text."""
    code = read(PACKAGE / "domain" / "pause.py")
    page = read(DOCS / "explanation" / "lifecycle.md")
    arrows = re.findall(r"(\w+) = \"(\w+)\"  # \((\w)\)", code)

    assert [letter for _, _, letter in arrows] == ["a", "b", "c"]
    for _, status, letter in arrows:
        assert f"pending --> {status}: ({letter})" in page
        assert f"\n## ({letter}) " in page


def test_every_webhook_event_and_actor_is_explained() -> None:
    words = [*WEBHOOK_EVENTS, *Actor]

    assert [word for word in words if f"`{word}`" not in read(REFERENCE / "events.md")] == []


@pytest.mark.parametrize(
    ("policy", "page"),
    [
        (NOTIFICATION_RETRIES, "docs/explanation/delivery.md"),
        (WEBHOOK_RETRIES, "docs/explanation/delivery.md"),
        (WEBHOOK_RETRIES, "docs/how-to/webhooks.md"),
    ],
)
def test_the_schedules_are_those_of_the_code(policy: RetryPolicy, page: str) -> None:
    text = read(ROOT / page)
    words = [in_words(delay.total_seconds()) for delay in policy.delays]
    one_line = ", ".join(f"{number} {unit}" for number, unit in words).replace(", 10 min", ", then")
    table = "\n".join(
        f"| {attempt} | {number} {LONG[unit]} |" for attempt, (number, unit) in enumerate(words, 2)
    )

    assert one_line in text or table in text
    if page.endswith("delivery.md"):
        assert f"at most {policy.max_attempts}" in text


LONG: Final = {"s": "seconds", "min": "minutes", "h": "hours"}


def in_words(seconds: float) -> tuple[int, str]:
    size, unit = next(pair for pair in ((3600, "h"), (60, "min"), (1, "s")) if seconds >= pair[0])
    return round(seconds / size), unit


# ── The map ──


def test_the_map_names_every_package() -> None:
    text = read(ROOT / "ARCHITECTURE.md")
    packages = [path.parent.name for path in PACKAGE.glob("*/__init__.py") if not is_link(path)]
    files = [path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"]

    assert [package for package in packages if f"| `{package}/` |" not in text] == []
    assert [name for name in files if f"`{name}`" not in text] == []


def is_link(path: Path) -> bool:
    return path.parent.is_symlink()


@pytest.mark.parametrize(
    "page",
    [
        ROOT / "ARCHITECTURE.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((DOCS / "decisions").glob("*.md")),
    ],
    ids=lambda path: path.name,
)
def test_every_path_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`((?:src|tests|docs|scripts|mcp_server)/[\w./<>-]*)`", read(page))

    assert [path for path in named if "<" not in path and not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    "page", sorted((DOCS / "decisions").glob("0*.md")), ids=lambda path: path.name
)
def test_a_decision_fits_on_a_screen(page: Path) -> None:
    text = read(page)

    headings = ["Context", "Decision", "Consequences", "Alternatives"]
    assert re.findall(r"(?m)^## (.+)$", text) == headings
    assert "runner-up" in text
    assert len(text.splitlines()) <= 45


def test_the_menu_is_that_of_make() -> None:
    targets = re.findall(r"(?m)^([a-z-]+):.*##", read(ROOT / "Makefile"))
    named = re.findall(r"`make ([a-z-]+)`", read(ROOT / "CONTRIBUTING.md"))

    assert set(named) <= set(targets)
    assert set(targets) - {"help", "setup"} <= set(named)


def test_the_licence_is_whole() -> None:
    text = read(ROOT / "LICENSE")

    assert text.lstrip().startswith("Apache License\n")
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text) == 11358


def read(path: Path) -> str:
    return path.read_text("utf-8")
