"""The pages in a real browser: sizes, focus, keyboard, no script, live inbox, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from pausepoint.domain.words import DAY, HOUR, MINUTE, relative
from tests.browser import FLAGS, chromium_path
from tests.web.pages.samples import (
    ANSWERED,
    LONG,
    NOW,
    RTL,
    USUAL,
    WITH_NOTE,
    email,
    pause_with,
    slack,
    sms,
)
from tests.web.pages.site import CURL, Site, served

PHONE = {"width": 360, "height": 640}
DESKTOP = {"width": 1280, "height": 800}
QUESTIONS = {
    "usual": USUAL,
    "note": WITH_NOTE,
    "long": LONG,
    "rtl": RTL,
    "hidden": pause_with(content={"message": "Pay \u202eevil\u202c?" + "\n" * 30 + "end"}),
    "unbroken": pause_with(content={"message": "W" * 300, "options": ("Y" * 100, "N" * 100)}),
    "soon": pause_with(expires_at=NOW + 6 * MINUTE + 30_000),
}
PATHS = [
    *(f"/respond/{name}" for name in QUESTIONS),
    "/respond/usual?o=1",
    "/respond/answered",
    "/respond/nowhere",
    "/dev/inbox",
    "/docs",
    "/",
]

pytestmark = pytest.mark.skipif(chromium_path() is None, reason="there is no Chromium here")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: while it is open, no other event loop can run in this thread.
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with served(Site(QUESTIONS)) as ready:
        yield ready


@pytest.fixture
def site(server: Site) -> Site:
    server.posted.clear()
    server.states.clear()
    server.messages[:] = [sms(1), email(2), slack(3)]
    return server


@dataclass
class Watched:
    """A page that fails its test by any complaint of the browser or request to elsewhere."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._check(request.url))

    def _check(self, url: str) -> None:
        if not url.startswith((self.origin + "/", "data:,")):
            self.complaints.append(f"asked elsewhere: {url}")


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Open]:
    watched: list[Watched] = []
    contexts = []

    def opened(path: str, *, stop_clock: bool = False, **options: Any) -> Page:
        settings: dict[str, Any] = {"viewport": PHONE, "timezone_id": "Europe/Berlin", **options}
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        if stop_clock:
            page.clock.install(time=NOW / 1000)
            page.clock.pause_at(NOW / 1000)
        watched.append(Watched(page, site.origin))
        page.goto(site.origin + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [complaint for one in watched for complaint in one.complaints] == []


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return dict(found)


def overflow(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return width


def each_path(page: Page, site: Site) -> Iterator[str]:
    for path in PATHS:
        page.goto(site.origin + path)
        yield path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_without_a_word_of_complaint(
    open_page: Open, site: Site, scheme: str
) -> None:
    page = open_page("/", color_scheme=scheme)
    for path in each_path(page, site):
        page.set_viewport_size(PHONE)
        expect(page.locator("h1")).to_have_count(1)
        assert overflow(page) <= 0, path
        page.set_viewport_size(DESKTOP)
        assert overflow(page) <= 0, path
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background > "rgb(200") is (scheme == "light"), path


def test_at_200_percent_nothing_scrolls_sideways(open_page: Open, site: Site) -> None:
    page = open_page("/", device_scale_factor=2)
    for path in each_path(page, site):
        for viewport in ({"width": 640, "height": 400}, {"width": 320, "height": 256}):
            page.set_viewport_size(viewport)
            assert overflow(page) <= 0, (path, viewport)


def test_twice_the_text_size_fits_a_phone(open_page: Open, site: Site) -> None:
    page = open_page("/")
    for path in each_path(page, site):
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert overflow(page) <= 0, path


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


def test_whatever_can_be_pressed_is_big_enough(open_page: Open, site: Site) -> None:
    page = open_page("/")
    for path in each_path(page, site):
        small = page.locator("button, summary, nav a, .tabs label, .open, .home").evaluate_all(
            "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24)"
            ".map(e => e.outerHTML)"
        )
        assert small == [], path


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


def test_folded_values_open_without_scripts(open_page: Open) -> None:
    page = open_page("/respond/long", java_script_enabled=False)
    whole = page.get_by_text('"table": "customers"')

    expect(whole).to_be_hidden()
    page.get_by_text("1 entry").click()
    expect(whole).to_be_visible()


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


def test_scripts_put_the_readers_own_zone(open_page: Open) -> None:
    page = open_page("/respond/usual", stop_clock=True)

    time = page.locator("time")
    expect(time).to_have_text("19:00 CET today")
    expect(time).to_have_attribute("title", "2026-11-24 18:00 UTC")


def test_a_wrong_clock_of_the_phone_changes_nothing(open_page: Open) -> None:
    page = open_page("/respond/usual")  # its clock is not the service's: it runs in the present

    expect(page.locator("#countdown")).to_have_text(re.compile("^in 3 h 5[78] min$"))
    expect(page.locator("time")).to_have_text("19:00 CET today")


def test_the_countdown_moves_by_the_minute_and_speaks_at_milestones(open_page: Open) -> None:
    page = open_page("/respond/soon", stop_clock=True)
    countdown, status = page.locator("#countdown"), page.get_by_role("status")

    expect(countdown).to_have_text("in 6 min")
    expect(status).to_be_empty()
    page.clock.run_for(31_000)
    expect(countdown).to_have_text("in 5 min")
    page.clock.run_for(60_000)
    expect(countdown).to_have_text("in 4 min")
    expect(status).to_have_text("5 minutes left to answer.")
    page.clock.run_for(4 * MINUTE)
    expect(countdown).to_have_text("in less than a minute")
    expect(status).to_have_text("1 minute left to answer.")
    page.clock.run_for(MINUTE)
    expect(countdown).to_have_text("now")
    expect(status).to_have_text("The time to answer has ended.")
    expect(status).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_be_enabled()


def test_the_script_speaks_of_time_as_the_pages_do(open_page: Open) -> None:
    page = open_page("/respond/usual")
    spans = [
        -1,
        0,
        1,
        MINUTE,
        59 * MINUTE,
        HOUR,
        3 * HOUR + 58 * MINUTE,
        DAY,
        2 * DAY + HOUR,
        9 * DAY,
    ]

    assert page.evaluate("spans => spans.map(relative)", spans) == [
        relative(span) for span in spans
    ]


@pytest.mark.parametrize(
    ("instant", "by", "at"),
    [
        ("2026-11-24T23:30:00Z", "tomorrow 00:30 CET", "tomorrow at 00:30 CET"),
        ("2026-11-22T23:30:00Z", "yesterday 00:30 CET", "yesterday at 00:30 CET"),
        ("2026-06-01T10:00:00Z", "1 Jun, 12:00 CEST", "on 1 Jun at 12:00 CEST"),
        ("2027-09-01T10:00:00Z", "1 Sep 2027, 12:00 CEST", "on 1 Sep 2027 at 12:00 CEST"),
    ],
)
def test_other_days_in_the_readers_own_zone(
    open_page: Open, instant: str, by: str, at: str
) -> None:
    page = open_page("/respond/usual")
    shown = page.evaluate(
        "([instant, now]) => ['by', 'at'].map("
        "(form) => inOwnZone(new Date(instant), new Date(now), form))",
        [instant, NOW],
    )

    assert shown == [by, at]


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


def test_the_inbox_is_live(open_page: Open, site: Site) -> None:
    site.messages.clear()
    page = open_page("/dev/inbox", viewport=DESKTOP)
    expect(page.locator("#curl")).to_have_text(CURL)

    site.messages.append(sms(1))
    site.states[sms(1).notification.pause_id] = USUAL
    expect(page.locator("article")).to_contain_text("Pending until 19:00 CET today")
    expect(page.locator("#curl")).to_have_count(0)

    site.messages.append(sms(2))
    site.states[sms(1).notification.pause_id] = ANSWERED
    expect(page.locator("#message-1")).to_contain_text("Answered Approve")
    expect(page.locator("article").first).to_have_id("message-2")


def test_a_mail_has_three_tabs_without_scripts_and_by_keyboard(open_page: Open) -> None:
    page = open_page("/dev/inbox", viewport=DESKTOP, java_script_enabled=False)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="Approve")).to_be_visible()

    page.get_by_role("radio", name="HTML").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".panel-text")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".panel-headers")).to_contain_text("Auto-Submitted")
    expect(page.locator(".panel-html")).to_be_hidden()


def test_copy_buttons_work_by_keyboard(open_page: Open, site: Site) -> None:
    site.messages.clear()
    page = open_page("/dev/inbox", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    assert page.evaluate("navigator.clipboard.readText()") == CURL


def test_copy_buttons_are_not_shown_where_they_cannot_work(open_page: Open) -> None:
    page = open_page("/docs", java_script_enabled=False)

    expect(page.locator(".copy").first).to_be_hidden()
