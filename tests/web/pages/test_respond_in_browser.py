"""The response page in a real browser: options, keyboard, no script, one answer."""

from __future__ import annotations

from itertools import pairwise

import pytest
from playwright.sync_api import Locator, expect

from pausepoint.domain.pause import Pause
from tests.web.pages.browsing import DESKTOP, Open
from tests.web.pages.samples import ANSWERED, CANCELLED, TIMED_OUT
from tests.web.pages.site import Site


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_first_screen_of_a_phone_holds_a_usual_question(open_page: Open, scripts: bool) -> None:
    page = open_page("/respond/usual", java_script_enabled=scripts)

    expect(page.locator(".question")).to_be_in_viewport(ratio=1)
    for button in page.get_by_role("button").all():
        expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("path", ["/respond/usual", "/respond/long", "/respond/usual?o=2"])
def test_options_are_large_apart_and_alike(open_page: Open, path: str) -> None:
    page = open_page(path)
    boxes = [box(option) for option in page.locator(".option").all()]

    assert all(one["height"] >= 56 and one["width"] >= 320 for one in boxes)
    gaps = [below["y"] - above["y"] - above["height"] for above, below in pairwise(boxes)]
    assert all(gap >= 12 for gap in gaps)
    if "?" not in path:
        styles = page.locator(".option").evaluate_all(
            "all => all.map(o => { const s = getComputedStyle(o);"
            " return [s.backgroundColor, s.color, s.borderColor, s.fontWeight, s.fontSize].join(); })"
        )
        assert len(set(styles)) == 1


def test_the_question_is_the_largest_text(open_page: Open) -> None:
    page = open_page("/respond/usual")
    sizes = page.locator("main :is(h1, h2, p, th, td, button)").evaluate_all(
        "all => all.map(e => [e.className, parseFloat(getComputedStyle(e).fontSize)])"
    )

    assert max(sizes, key=lambda one: one[1]) == ["question words", 22]


def test_a_tap_answers_and_the_page_says_so(open_page: Open, site: Site) -> None:
    page = open_page("/respond/usual")
    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_text("You answered Approve")).to_be_visible()
    assert site.posted == [{"choice": "Approve"}]


def test_it_all_works_without_scripts(open_page: Open, site: Site) -> None:
    page = open_page("/respond/note?o=1", java_script_enabled=False)
    expect(page.get_by_text("Answer by 18:00 UTC today (in 3 h 58 min).")).to_be_visible()
    page.get_by_role("link", name="Choose another").click()
    page.get_by_label("Add a note").fill("Only this once")
    page.get_by_role("button", name="Reject").click()

    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    assert site.posted == [{"choice": "Reject", "text": "Only this once"}]


@pytest.mark.parametrize("name", ["long", "action", "long?o=1"])
def test_all_that_decides_is_visible_without_a_press_or_a_script(
    open_page: Open, name: str
) -> None:
    page = open_page(f"/respond/{name}", java_script_enabled=False)

    for part in page.locator(".frame").locator("dd, td, th, p, .code").all():
        expect(part).to_be_visible()
    first = page.locator("button.option").first.bounding_box()
    frame = page.locator(".frame").bounding_box()
    assert first is not None
    assert frame is not None
    assert frame["y"] + frame["height"] < first["y"]


def test_a_double_tap_is_one_answer(open_page: Open, site: Site) -> None:
    page = open_page("/respond/usual")
    page.get_by_role("button", name="Approve").evaluate(
        "(button) => { button.click(); button.click();"
        " document.querySelector('[value=Reject]').click(); }"
    )

    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    assert site.posted == [{"choice": "Approve"}]


def test_the_pressed_button_says_that_it_is_sending(open_page: Open) -> None:
    page = open_page("/respond/usual")
    labels = page.get_by_role("button", name="Approve").evaluate(
        "(button) => { document.forms[0].addEventListener('submit', (e) => e.preventDefault());"
        " button.click(); return [button.textContent, button.ariaDisabled,"
        " document.getElementById('status').textContent]; }"
    )

    assert labels == ["Sending…", "true", "Sending…"]


@pytest.mark.parametrize("how", [ANSWERED, TIMED_OUT, CANCELLED], ids=lambda pause: pause.status)
def test_an_open_page_notices_that_its_question_has_ended(
    open_page: Open, site: Site, how: Pause
) -> None:
    page = open_page("/respond/usual", stop_clock=True)
    expect(page.locator("button.option")).to_have_count(2)
    site.questions["usual"] = how
    page.clock.run_for(11_000)

    expect(page.locator("button.option")).to_have_count(0)
    expect(page.get_by_role("alert")).to_be_visible()
    assert site.posted == []


def test_a_press_without_a_connection_keeps_the_note(open_page: Open, site: Site) -> None:
    page = open_page("/respond/note")
    page.get_by_label("Add a note").fill("Only this\nonce")
    page.context.set_offline(True)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Your answer may not have arrived")).to_be_visible()
    expect(page.get_by_role("button", name="Reject")).to_be_enabled()
    assert page.get_by_label("Add a note").input_value() == "Only this\nonce"

    page.context.set_offline(False)
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    assert site.posted == [{"choice": "Reject", "text": "Only this\r\nonce"}]


@pytest.mark.parametrize("status", [200, 502])
def test_a_page_of_a_proxys_is_no_answer(open_page: Open, site: Site, status: int) -> None:
    page = open_page("/respond/note")
    page.get_by_label("Add a note").fill("Only this once")
    page.route("**/respond/note", lambda route: route.fulfill(status=status, body="<h1>Oops</h1>"))
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Your answer may not have arrived")).to_be_visible()

    page.unroute_all()
    page.get_by_role("button", name="Reject").click()
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    assert site.posted == [{"choice": "Reject", "text": "Only this once"}]


def test_less_than_a_minute_is_never_called_a_minute(open_page: Open) -> None:
    page = open_page("/respond/seconds", stop_clock=True)
    expect(page.locator("#status")).to_have_text("Less than a minute left to answer.")


def test_the_way_to_the_answers_stays_in_sight(open_page: Open) -> None:
    page = open_page("/respond/long", java_script_enabled=False)
    jump = page.get_by_role("link", name="To the answers")
    expect(jump).to_be_in_viewport(ratio=1)
    jump.click()
    expect(page.locator("button.option").first).to_be_in_viewport()


def test_the_keyboard_is_enough_and_the_focus_is_always_seen(open_page: Open, site: Site) -> None:
    page = open_page("/respond/note", viewport=DESKTOP)
    seen = []
    for _ in range(3):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.value || e.name, s.outlineStyle, s.outlineWidth]; })()"
            )
        )
        if seen[-1][0] == "text":
            page.keyboard.type("Yes")
            page.keyboard.press("Enter")
    page.keyboard.press("Space")

    assert seen == [[name, "solid", "3px"] for name in ("text", "Approve", "Reject")]
    expect(page.get_by_role("heading", name="Answered")).to_be_visible()
    assert site.posted == [{"choice": "Reject", "text": "Yes\r\n"}]


def test_every_control_has_a_role_and_a_name(open_page: Open) -> None:
    tree = open_page("/respond/note").locator("body").aria_snapshot()

    for line in (
        '- heading "An AI agent of Acme is waiting for your answer." [level=1]',
        '- region "Written by the agent"',
        '- textbox "Add a note (not required)"',
        '- group "Your answer"',
        '- button "Approve"',
        '- button "Reject"',
    ):
        assert line in tree


def test_the_note_counts_what_is_left(open_page: Open) -> None:
    page = open_page("/respond/note")
    page.get_by_label("Add a note").fill("x" * 990)

    expect(page.locator("#note-left")).to_have_text("1,010 characters left")


def test_foreign_words_run_their_own_way(open_page: Open) -> None:
    page = open_page("/respond/rtl")
    direction = "e => getComputedStyle(e).direction"

    assert page.locator(".question").evaluate(direction) == "rtl"
    assert page.locator(".deadline").evaluate(direction) == "ltr"
    expect(page.get_by_role("button", name="موافق")).to_be_visible()


def test_forced_colours_keep_edges_and_the_confirming_button(open_page: Open) -> None:
    page = open_page("/respond/usual?o=1", forced_colors="active")
    border = "e => { const s = getComputedStyle(e); return s.borderTopStyle + s.borderTopWidth; }"

    assert page.get_by_role("button").evaluate(border).startswith("solid")
    assert page.locator(".frame").evaluate(border) == "solid1px"
