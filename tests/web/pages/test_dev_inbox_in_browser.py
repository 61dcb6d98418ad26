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
    page.locator("summary", has_text="E-mail").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("link", name="Approve")).to_be_visible()

    page.get_by_role("radio", name="HTML").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".panel-text")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".panel-headers")).to_contain_text("Auto-Submitted")
    expect(page.locator(".panel-html")).to_be_hidden()


def test_one_message_is_open_beside_the_list(open_page: Open, site: Site) -> None:
    page = open_page("/dev/inbox", viewport=DESKTOP)
    expect(page.locator(".opened:visible")).to_have_count(1)
    page.locator("summary").last.click()
    expect(page.locator(".opened:visible")).to_have_count(1)
    pane, rows = page.locator(".opened:visible").bounding_box(), page.locator("#messages")
    beside = rows.bounding_box()
    assert pane is not None
    assert beside is not None
    assert pane["x"] >= beside["x"] + beside["width"] - 1
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_new_message_opens_until_another_is_chosen(open_page: Open, site: Site) -> None:
    site.messages[:] = [sms(1)]
    page = open_page("/dev/inbox", viewport=DESKTOP)
    site.messages.append(sms(2))
    expect(page.locator("#message-2 .opened")).to_be_visible()
    expect(page.locator("#message-1 .opened")).to_be_hidden()

    page.locator("#message-1 summary").click()
    site.messages.append(sms(3))
    expect(page.locator("#message-3")).to_be_visible()
    expect(page.locator("#message-1 .opened")).to_be_visible()


def test_the_search_filters_as_one_types(open_page: Open, site: Site) -> None:
    page = open_page("/dev/inbox", viewport=DESKTOP)
    all_of_them = page.locator("article").count()
    page.get_by_role("searchbox").fill("E-MAIL")
    expect(page.locator("article:visible")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    expect(page.locator("article:visible")).to_have_count(all_of_them)


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
