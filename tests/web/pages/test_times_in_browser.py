"""The reader's own zone and the countdown, as the script puts them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pausepoint.domain.words import DAY, HOUR, MINUTE, relative
from tests.web.pages.browsing import Open
from tests.web.pages.samples import NOW


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
