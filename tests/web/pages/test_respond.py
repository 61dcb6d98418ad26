"""The response page: what it says, in which order, and that nothing in it can be made to run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pausepoint.domain.action import new_action
from pausepoint.domain.pause import Pause
from pausepoint.domain.words import DAY, HOUR
from pausepoint.web.pages.assets import asset, asset_url
from pausepoint.web.pages.respond import (
    Action,
    render_outcome,
    render_problem,
    render_question,
    render_unknown_link,
)
from tests.web.pages.html_facts import facts
from tests.web.pages.samples import (
    ANSWERED,
    CANCELLED,
    LONG,
    NOW,
    PATH,
    RTL,
    TIMED_OUT,
    USUAL,
    WITH_NOTE,
    pause_with,
)


def question(pause: Pause = USUAL, **given: object) -> str:
    return render_question(pause, "Acme", NOW, path=PATH, **given)  # type: ignore[arg-type]


def test_it_says_in_order_who_asks_what_until_when_and_the_options() -> None:
    text = facts(question()).text

    parts = [
        "An AI agent of Acme is waiting for your answer.",
        "Written by the agent",
        "Wire $8,400 to Meridian Supplies for invoice 2281?",
        "amount $8,400.00 vendor Meridian Supplies invoice 2281 due_date 28 Nov 2026",
        "Answer by 18:00 UTC today (in 3 h 58 min). If you don't, “Reject” is chosen.",
        "Approve",
        "You don't know this agent? Mute or report the agents of this account.",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_every_option_is_a_button_that_posts_its_exact_text() -> None:
    options = ("Approve", "  Reject ", 'Say "no" & <go>')
    page = facts(question(pause_with(content={"options": options}, default_index=None)))

    form = page.all("form")[0].attributes
    assert (form["method"], form["action"]) == ("post", PATH)
    assert [button.attributes for button in page.all("button")] == [
        {"class": "option", "name": "choice", "value": option} for option in options
    ]


def test_a_chosen_option_stands_under_the_question_and_still_wants_its_press() -> None:
    page = facts(question(chosen=0))

    assert "You are about to answer Approve." in page.text
    assert [(b.text, b.attributes["value"]) for b in page.all("button")] == [
        ("Confirm: Approve", "Approve")
    ]
    assert [(a.text, a.attributes["href"]) for a in page.all("a")] == [
        ("Choose another", PATH),
        ("Mute or report the agents of this account", f"{PATH}/mute"),
    ]
    assert page.text.index("Wire $8,400") < page.text.index("Confirm")


@pytest.mark.parametrize("chosen", [2, -1, 99])
def test_a_chosen_option_that_is_none_shows_all(chosen: int) -> None:
    assert question(chosen=chosen) == question()


def test_without_a_default_the_agent_hears_that_nobody_answered() -> None:
    text = facts(question(pause_with(default_index=None))).text

    assert "If you don't, the agent is told that nobody answered." in text
    assert "If you do nothing, the agent is told that nobody answered." in text


def test_advice_to_do_nothing_says_what_that_does() -> None:
    for html in (question(), question(chosen=1)):
        text = facts(html).text
        assert "nothing happens" not in text
        assert "If you do nothing, “Reject” is chosen at the deadline." in text


def test_silence_that_would_choose_nothing_promises_no_default() -> None:
    text = facts(question(is_default_withheld=True)).text

    assert text.count("the agent is told that nobody answered") == 2
    assert "is chosen" not in text


def test_a_note_is_offered_only_where_allowed_and_keeps_what_was_typed() -> None:
    note = "\n  first line\n</textarea>"
    page = facts(question(WITH_NOTE, note=note, error="Choose one of the options."))

    area = page.all("textarea")[0]
    assert area.text == "\n" + note  # the parser of a browser drops the first of the two
    assert area.attributes["maxlength"] == "2000"
    assert area.attributes["aria-describedby"] == "note-left error"
    assert [label.attributes["for"] for label in page.all("label")] == [area.attributes["id"]]
    assert "Choose one of the options." in page.text
    assert not facts(question()).all("textarea")


def test_the_title_never_holds_the_message_or_the_sender() -> None:
    pages = [
        question(),
        *(render_outcome(p, "Acme", NOW) for p in (ANSWERED, TIMED_OUT, CANCELLED)),
    ]
    for page in map(facts, pages):
        title = page.all("title")[0].text
        assert "Wire" not in title
        assert "Acme" not in title
        assert not [m for m in page.all("meta") if "og:" in str(m.attributes)]


def test_foreign_words_keep_their_own_direction() -> None:
    page = facts(question(RTL))

    words = next(e for e in page.elements if "question" in e.attributes.get("class", ""))
    assert words.attributes["dir"] == "auto"
    assert {"موافق", "رفض", "المبلغ", "8400 دولار"} <= {e.text for e in page.all("bdi")}


def test_metadata_keeps_its_order_and_says_every_kind_of_value() -> None:
    metadata = {
        "b": 1,
        "a": True,
        "rate": 0.5,
        "none": None,
        "blank": "",
        "list": ["x", 2],
        "empty": [],
        "off": False,
    }
    text = facts(question(pause_with(content={"metadata": metadata}))).text

    assert (
        "b 1 a yes rate 0.5 none not set blank empty text list x, 2 empty empty list off no" in text
    )


def test_nothing_that_decides_is_folded() -> None:
    """Not in the page and not in its confirm step: no option can be pressed before all was shown."""
    for html in (question(LONG), question(LONG, chosen=0)):
        page = facts(html)
        assert not page.all("details") + page.all("summary")
        assert page.text.index("key_11 11") < page.text.index("Answer by")
    page = facts(question(LONG))
    assert LONG.content is not None
    assert LONG.content.metadata is not None
    assert '"table": "customers"' in page.text
    assert " ".join(LONG.content.metadata["query"].split()) in page.text
    assert "key_11 11" in page.text


def test_outcomes_say_what_happened_and_when_and_offer_nothing_to_press() -> None:
    sentences = {
        "You answered Approve at 13:53 UTC today. The agent has been told; you can close this page.": (
            render_outcome(ANSWERED, "Acme", NOW)
        ),
        "The time to answer ended at 14:01 UTC today. Nobody had answered, so Reject was chosen.": (
            render_outcome(TIMED_OUT, "Acme", NOW)
        ),
        "The question was withdrawn before anybody answered.": render_outcome(
            CANCELLED, "Acme", NOW
        ),
        "What you chose just now was not counted: this question was answered already with Approve, "
        "at 13:53 UTC today.": (render_outcome(ANSWERED, "Acme", NOW, is_refused=True)),
        "What you chose just now was not counted: the time to answer ended": (
            render_outcome(TIMED_OUT, "Acme", NOW, is_refused=True)
        ),
    }
    for sentence, html in sentences.items():
        page = facts(html)
        assert sentence in page.text
        assert not page.all("button") + page.all("form") + page.all("a")


@pytest.mark.parametrize("ended", [ANSWERED, TIMED_OUT, CANCELLED])
def test_an_answer_that_was_not_counted_is_said_first_and_never_in_green(ended: Pause) -> None:
    page = facts(render_outcome(ended, "Acme", NOW, is_refused=True))

    assert page.all("h1")[0].text == "Your answer was not counted"
    [outcome] = [e for e in page.all("div") if "outcome" in e.attributes.get("class", "")]
    assert outcome.attributes == {"class": "outcome refused", "role": "alert"}
    assert outcome.text.strip().startswith("What you chose just now was not counted: ")


def test_a_long_question_has_a_way_to_its_answers() -> None:
    jump = next((a.text, a.attributes["href"]) for a in facts(question(LONG)).all("a"))
    assert jump == ("To the answers", "#answer")
    assert facts(question(LONG)).all("form")[0].attributes["id"] == "answer"
    assert "To the answers" not in facts(question()).text


def test_where_several_were_asked_nobody_is_told_that_it_was_them() -> None:
    """All have one link, so the page cannot know who opens it."""
    page = facts(render_outcome(pause_with(ANSWERED, fallbacks=1), "Acme", NOW))

    assert "The answer is Approve, given at 13:53 UTC today. The agent has been told" in page.text
    assert "You answered" not in page.text


def test_an_overdue_question_is_too_late_even_if_nobody_wrote_it_down() -> None:
    later = USUAL.expires_at

    expected = render_outcome(USUAL, "Acme", later)
    assert render_question(USUAL, "Acme", later, path=PATH) == expected
    assert "so Reject was chosen" in facts(expected).text


def test_without_a_default_too_late_means_that_the_agent_knows() -> None:
    late = pause_with(TIMED_OUT, default_index=None, choice_index=None)

    assert "The agent has been told that nobody answered." in render_outcome(late, "Acme", NOW)


@pytest.mark.parametrize("pause", [USUAL, ANSWERED, TIMED_OUT, CANCELLED])
def test_an_erased_question_says_so(pause: Pause) -> None:
    page = facts(render_question(replace(pause, content=None), "Acme", NOW, path=PATH))

    assert "The words of this question have been erased." in page.text
    assert not page.all("button") + page.all("form")


def test_the_note_is_shown_with_the_answer() -> None:
    noted = pause_with(ANSWERED, content={"response_text": "Send me the receipt."})

    assert (
        "The note with this answer Send me the receipt."
        in facts(render_outcome(noted, "Acme", NOW)).text
    )


@pytest.mark.parametrize("ended", [ANSWERED, TIMED_OUT, CANCELLED])
def test_an_ended_link_shows_what_became_of_the_question_and_nothing_of_it(ended: Pause) -> None:
    content = {
        "message": "SECRET-message",
        "metadata": {"SECRET-key": "SECRET-value"},
        "action": new_action("SECRET-tool", {"SECRET": 1}),
    }
    for is_refused in (False, True):
        html = render_outcome(
            pause_with(ended, content=content), "Acme", NOW, is_refused=is_refused
        )
        assert "SECRET" not in html
        assert "mute" not in html.lower()


def test_problems_offer_at_most_one_way_on() -> None:
    page = facts(render_problem("Too many tries", "Wait a minute.", Action("Try again", PATH)))

    assert page.all("h1")[0].text == "Too many tries"
    assert [(a.text, a.attributes["href"]) for a in page.all("a")] == [("Try again", PATH)]
    assert not facts(render_unknown_link()).all("a")


def test_times_carry_what_a_script_needs() -> None:
    page = facts(question(pause_with(expires_at=NOW + DAY + HOUR)))

    assert page.all("time")[0].attributes == {
        "datetime": "2026-11-25T15:02:00Z",
        "data-form": "by",
    }
    assert page.all("body")[0].attributes["data-now"] == "2026-11-24T14:02:00Z"


def test_the_heaviest_usual_page_weighs_less_than_30_kb() -> None:
    files = ("pausepoint.css", "times.js", "respond.js")
    assets = sum(len(found.body) for name in files if (found := asset(name)))

    assert assets + len(question().encode()) < 20_000
    assert assets + len(question(LONG).encode()) < 30_000


def test_assets_are_addressed_by_their_content() -> None:
    css = asset("pausepoint.css")

    assert css is not None
    assert asset_url("pausepoint.css") == f"/static/pausepoint.css?v={css.version}"
    assert asset("../respond.py") is None
    assert asset("") is None
