"""One word, one thing: the words that we do not use, where they would mislead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest
from scripts.write_reference import EVENT_MEANINGS

from pausepoint.cli import main as cli
from pausepoint.config.table import SETTINGS
from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.error_catalogue import catalogue
from tests.docs.pages import ROOT, all_pages, prose

TEMPLATES: Final = ROOT / "src" / "pausepoint" / "web" / "pages" / "templates"
GLOSSARY: Final = (ROOT / "docs" / "glossary.md").read_text("utf-8")

NOT_OURS: Final = (
    r"approvals?\b(?!\.md)",  # a pause; an answer need not approve anything
    r"approvers?",  # recipient, responder
    r"tickets?",
    r"tasks?",
    r"pause requests?",
    r"tenants?",
    r"customers?",
    r"end users?",
    r"magic links?",
    r"TTL",
    r"nags?",
    r"notifiers?",
    r"dedupe",
    r"API tokens?",
    r"webhook callbacks?",
)
MARKETING: Final = (
    r"simply",
    r"easily",
    r"effortless(?:ly)?",
    r"seamless(?:ly)?",
    r"blazing(?:ly)?",
    r"powerful",
    r"robust",
    r"world-class",
    r"cutting-edge",
    r"oops",
)
DEVELOPERS_WORDS: Final = (
    r"pauses?",
    r"tokens?",
    r"webhooks?",
    r"endpoints?",
    r"API",
    r"metadata",
    r"timeout",
    r"expired",
    r"users?",
    r"invalid",
)
"""Not on a page that a person reads who was asked something."""

PERSONS_TEMPLATES: Final = (
    "base.html",
    "frame.html",
    "respond.html",
    "outcome.html",
    "problem.html",
)
GLOSSED: Final = (
    *("pause", "status", "option", "choice", "text", "recipient", "responder", "developer"),
    *("channel", "notification", "delivery", "attempt", "outbox", "claim", "lease", "webhook"),
    *("event", "signature", "secret", "deadline", "response page", "response token"),
    *("audit entry", "actor", "API key", "principal", "idempotency key"),
)


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_speaks_our_words_plainly(page: Path) -> None:
    assert found(NOT_OURS + MARKETING, prose(page)) == []


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_does_not_shout(page: Path) -> None:
    text = re.sub(r"!\[|<!doctype", "", prose(page))

    assert "!" not in text


def test_what_the_program_says_speaks_our_words() -> None:
    said = list(sentences())

    assert len(said) > 100
    assert [(text, words) for text in said if (words := found(NOT_OURS + MARKETING, text))] == []
    assert [text for text in said if "!" in text] == []


@pytest.mark.parametrize("name", PERSONS_TEMPLATES)
def test_a_persons_page_has_no_developers_words(name: str) -> None:
    assert found(DEVELOPERS_WORDS, visible((TEMPLATES / name).read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "code", ["TOKEN_INVALID", "TOKEN_USED", "TOKEN_EXPIRED", "PAUSE_CANCELLED"]
)
def test_what_stops_a_person_has_no_developers_words(code: str) -> None:
    assert found(DEVELOPERS_WORDS, catalogue()[code].sentence) == []


@pytest.mark.parametrize("word", GLOSSED)
def test_the_glossary_has_every_word(word: str) -> None:
    assert f"**{word}**" in GLOSSARY


def test_the_changelog_is_in_order() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    order = ["Security", "Removed", "Deprecated", "Added", "Changed", "Fixed"]
    for release in re.split(r"(?m)^## ", text)[1:]:
        headings = re.findall(r"(?m)^### (\w+)$", release)

        assert headings == sorted(headings, key=order.index)


def sentences() -> Iterator[str]:
    """What the program says to developers and operators."""
    yield from (error.sentence for error in catalogue().values())
    yield from (setting.meaning for setting in SETTINGS)
    yield from (meaning for _, meaning in EVENT_MEANINGS.values())
    yield from (endpoint.summary for endpoint in ENDPOINTS)
    yield from help_texts(cli)


def help_texts(command: click.Command) -> Iterator[str]:
    yield command.help or ""
    yield from (option.help or "" for option in command.params if isinstance(option, click.Option))
    for child in command.commands.values() if isinstance(command, click.Group) else ():
        yield from help_texts(child)


def visible(template: str) -> str:
    """The words between the tags, without the template's own language."""
    text = re.sub(r"(?s)\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", template)
    return re.sub(r"(?s)<[^>]*>", " ", text)


def found(words: tuple[str, ...], text: str) -> list[str]:
    return [
        match[0]
        for word in words
        for match in re.finditer(rf"\b(?:{word})\b", text, re.IGNORECASE if word.islower() else 0)
    ]
