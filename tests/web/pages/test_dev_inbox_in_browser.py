"""The dev inbox in a real browser: live, with tabs and copy buttons that need no mouse."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.web.pages.browsing import DESKTOP, Open
from tests.web.pages.samples import ANSWERED, USUAL, sms
from tests.web.pages.site import CURL, Site


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
