"""A browser, the pages served for it, and a way to open them that fails on any complaint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import FLAGS, chromium_path
from tests.web.pages.browsing import PHONE, QUESTIONS, Open, Watched
from tests.web.pages.samples import NOW, email, slack, sms
from tests.web.pages.site import Site, served


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
    server.questions = dict(QUESTIONS)
    server.messages[:] = [sms(1), email(2), slack(3)]
    return server


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Open]:
    watched: list[Watched] = []
    contexts: list[BrowserContext] = []

    def opened(path: str, *, stop_clock: bool = False, **options: Any) -> Page:
        settings: dict[str, Any] = {"viewport": PHONE, "timezone_id": "Europe/Berlin", **options}
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        if stop_clock:
            # Earlier, since it runs until it is stopped, and cannot be stopped in its past.
            page.clock.install(time=NOW / 1000 - 60)
            page.clock.pause_at(NOW / 1000)
        watched.append(Watched(page, site.origin))
        page.goto(site.origin + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [complaint for one in watched for complaint in one.complaints] == []
