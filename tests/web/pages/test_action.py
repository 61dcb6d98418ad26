"""The response page shows an action whole: every argument as text, nothing hidden, and its hash."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pausepoint.channels.email import EmailChannel
from pausepoint.channels.slack import SlackChannel
from pausepoint.channels.sms import SmsChannel
from pausepoint.domain.action import new_action
from pausepoint.web.pages.respond import render_question
from tests.channels.samples import NOTIFICATION
from tests.web.pages.html_facts import Facts, facts
from tests.web.pages.samples import NOW, PATH, USUAL, pause_with

SCRIPT = "set -e\n" + "\n".join(f"rm -rf /srv/data/{n}" for n in range(3_000)) + "\necho the end"


def page_of(arguments: Any, tool: str = "Bash") -> Facts:
    pause = pause_with(USUAL, content={"action": new_action(tool, arguments)})
    return facts(render_question(pause, "Acme", NOW, path=PATH))


def test_every_argument_stands_there_to_its_end() -> None:
    page = page_of({"command": SCRIPT, "timeout": 5, "env": {"A": ["b"]}})

    assert [term.text for term in page.all("dt")][:4] == ["Tool", "command", "timeout", "env"]
    shown = [element.text for element in page.all("dd")]
    assert shown[0] == "Bash"
    assert shown[1].split() == SCRIPT.split()
    assert json.loads(shown[3]) == {"A": ["b"]}
    assert not [e for e in page.all("details") if "the end" in e.text]


@pytest.mark.parametrize(
    "name",
    ["Tool", "tool", "TOOL", "Tool ", "\u03a4ool", "Arguments", "SHA-256", "SHA-256 of tool and arguments", "a b", ""],
)  # fmt: skip
def test_an_argument_cannot_pass_for_a_row_of_ours(name: str) -> None:
    page = page_of({name: "Read", "command": "rm -rf /"})
    labels = [term.text for term in page.all("dt")]

    assert labels == ["Tool", json.dumps(name, ensure_ascii=False), "command"]


def test_the_hash_stands_after_the_answers() -> None:
    text = page_of({"a": 1}).text
    assert text.index("Answer by") < text.index("Approve") < text.index("SHA-256 of tool")


def test_the_hash_is_the_one_that_the_api_tells() -> None:
    assert new_action("Bash", {"a": 1}).sha256 in page_of({"a": 1}).text


@pytest.mark.parametrize("arguments", ["a text", ["a", 1], None, {}])
def test_what_is_no_object_is_shown_too(arguments: Any) -> None:
    shown = page_of(arguments).all("dd")[1].text

    assert shown == arguments if isinstance(arguments, str) else json.loads(shown) == arguments


def test_what_hides_is_marked_and_the_reader_warned() -> None:
    page = page_of({"com\u200bmand": "rm\u202e -rf /"}, "Ba\u3164sh")

    for mark in ("⟦U+200B⟧", "⟦U+202E⟧", "⟦U+3164⟧"):
        assert mark in page.text
    assert "Some characters in this text are invisible." in page.text


def test_markup_is_text() -> None:
    hostile = '</dd><script>alert(1)</script><img src=x onerror="alert(2)">'
    page = page_of({hostile: hostile}, hostile)

    assert page.text.count("<script>alert(1)") == 3
    assert not page.all("img")


def test_only_mail_names_the_tool_and_no_message_its_arguments() -> None:
    asked = replace(NOTIFICATION, recipient="you@example.com", tool="Ba\u202esh")
    mail = EmailChannel().render(asked)
    assert "Tool: “Ba⟦U+202E⟧sh”. The page shows what it is to be run with." in mail.text
    assert "Ba⟦U+202E⟧sh" in mail.html

    sms = SmsChannel(3).render(replace(NOTIFICATION, tool="A-TOOL"))
    slack = SlackChannel().render(replace(NOTIFICATION, tool="A-TOOL"))
    assert "A-TOOL" not in f"{sms}{slack}"
