"""What an agent wrote to deceive stays text on the response page, with what it hides made visible."""

from __future__ import annotations

import json
import re

import pytest

from pausepoint.domain.action import new_action
from pausepoint.domain.pause import Pause
from pausepoint.web.pages.respond import render_outcome, render_question
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import ANSWERED, NOW, PATH, USUAL, WITH_NOTE, pause_with

HOSTILE = [
    '<script>alert("x")</script>',
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea></title><svg/onload=alert(1)>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&lt;b&gt; &amp;amp; &#60;",
    "javascript:alert(1)",
]


def question(pause: Pause = USUAL, **given: object) -> str:
    return render_question(pause, "Acme", NOW, path=PATH, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_whatever_was_written_is_text(hostile: str) -> None:
    pause = pause_with(
        allow_text_response=True,
        content={
            "message": hostile,
            "options": (hostile, hostile + "2"),
            "metadata": {hostile: hostile, "deep": {hostile: [hostile]}, "long": hostile * 40},
        },
    )
    tags = [e.tag for e in facts(question(pause_with(WITH_NOTE), note="", error="")).elements]
    page = facts(render_question(pause, hostile, NOW, path=PATH, error=hostile, note=hostile))

    assert {e.tag for e in page.elements} <= {*tags, "details", "summary", "strong", "bdi"}
    assert all(not name.startswith("on") for e in page.elements for name in e.attributes)
    assert page.all("p")[0].text == hostile
    assert [b.attributes["value"] for b in page.all("button")] == [hostile, hostile + "2"]
    assert json.dumps(hostile, ensure_ascii=False) in page.text or hostile in page.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_outcomes_too_show_only_text(hostile: str) -> None:
    content = {"message": hostile, "options": (hostile, "No"), "response_text": hostile}
    page = facts(render_outcome(pause_with(ANSWERED, content=content), hostile, NOW))

    said = re.sub("[\"']+", "'", hostile)
    assert f"You answered “{said}” at 13:53 UTC today." in page.text
    assert not page.all("img") + page.all("form") + page.all("button")
    assert len(page.all("script")) == 1


def test_hidden_characters_and_gaps_are_marked_and_the_reader_is_warned() -> None:
    message = "Pay \u202eevil\u202c\u3164?" + "\n" * 40 + "and everything else" + " " * 300 + "end"
    page = facts(question(pause_with(content={"message": message})))

    marks = [e.text for e in page.all("span") if e.attributes.get("class") == "hidden-mark"]
    gaps = [e.text for e in page.all("span") if e.attributes.get("class") == "gap-mark"]
    assert marks[:3] == ["⟦U+202E⟧", "⟦U+202C⟧", "⟦U+3164⟧"]
    assert gaps == ["39 empty lines", "300 blanks"]
    assert "Some characters in this text are invisible." in page.text
    assert "invisible" not in question()


@pytest.mark.parametrize(
    "content",
    [
        {"message": "Pay 100 א 200 now?"},
        {"options": ("100 א 200", "Reject")},
        {"metadata": {"amount": "100 א 200"}},
        {"metadata": {"pay א 100": "yes"}},
        {"action": new_action("pay", {"amount": "100 א 200"})},
    ],
)
def test_the_reader_is_warned_where_right_to_left_letters_may_reorder(
    content: dict[str, object],
) -> None:
    warning = "may be shown in another order than they were written in"

    assert warning in facts(question(pause_with(content=content))).text
    assert warning not in question()


@pytest.mark.parametrize(
    "content",
    [
        {"metadata": {"amount": "8\u200b400"}},
        {"metadata": {"am\u200bount": "8400"}},
        {"metadata": {"deep": [{"x": "\u2066"}]}},
        {"options": ("Approve", "Reject\u00ad")},
    ],
)
def test_hidden_characters_are_found_wherever_they_are(content: dict[str, object]) -> None:
    assert "Some characters in this text are invisible." in question(pause_with(content=content))
