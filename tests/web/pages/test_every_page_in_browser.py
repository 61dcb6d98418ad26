"""Every page in a real browser: it fits, it is big enough to press, and nothing comes from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.web.pages.browsing import DESKTOP, PHONE, QUESTIONS, Open
from tests.web.pages.site import Site

PATHS: Final = [
    *(f"/respond/{name}" for name in QUESTIONS),
    "/respond/usual?o=1",
    "/respond/answered",
    "/respond/nowhere",
    "/dev/inbox",
    "/docs",
    "/",
]


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


def test_whatever_can_be_pressed_is_big_enough(open_page: Open, site: Site) -> None:
    page = open_page("/")
    for path in each_path(page, site):
        small = page.locator("button, summary, nav a, .tabs label, .open, .home").evaluate_all(
            "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24)"
            ".map(e => e.outerHTML)"
        )
        assert small == [], path
