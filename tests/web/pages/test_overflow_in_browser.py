"""Whatever a font draws for the agent's words, the deadline and the buttons are painted as always."""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from pausepoint.domain.pause import Pause
from tests.web.pages.browsing import DESKTOP, PHONE, Open
from tests.web.pages.samples import pause_with
from tests.web.pages.site import Site

PILES: Final = {
    "double low line": "l" + "\u0333" * 46,
    "tamil": "\u0bbe" * 90,
    "struck": "".join(f"{letter}\u0336" for letter in "question"),
    "zalgo": "".join(letter + "\u0316\u0317\u0318\u0319\u031c" * 6 for letter in "question"),
    "enclosed": "x" + "\u20dd\u20de\u20e0" * 10,
    "many hidden": "a\u200b" * 200,
    "wide": "\ufdfd\U00012031\u2e3b" * 5,
    "plain marks": "x" + "\u0323\u0331\u0333\u032d\u0325",
}


def attacked(pile: str) -> Pause:
    """The question of one line with the pile in it, in every field."""
    return pause_with(
        content={
            "message": f"Wire it? {pile}",
            "options": ("Approve", "Reject"),
            "metadata": {"note": pile},
        },
        default_index=1,
    )


@pytest.fixture
def pages(site: Site) -> Site:
    for name, pile in PILES.items():
        site.questions[f"pile-{name}"] = attacked(pile)
    site.questions["pile-none"] = attacked("x")
    return site


WATCHED: Final = ("#deadline", ".options", "#frame-label", ".who")
COUNT_DIFFERENT: Final = """async (encoded) => {
  const [one, other] = await Promise.all(encoded.map(async (each) => {
    const picture = await createImageBitmap(await (await fetch(each)).blob());
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    context.drawImage(picture, 0, 0);
    return context.getImageData(0, 0, picture.width, picture.height);
  }));
  if (one.width !== other.width || one.height !== other.height) return -1;
  return one.data.filter((value, n) => Math.abs(value - other.data[n]) > 8).length;
}"""


def pictures(page: Page) -> dict[str, bytes]:
    """Each element as painted, with what others paint over it, at whole pixels."""
    page.evaluate(
        """() => { for (const each of document.querySelectorAll(".who, .frame, .deadline"))
        each.style.height = `${Math.ceil(each.getBoundingClientRect().height)}px`; }"""
    )
    return {selector: page.locator(selector).screenshot() for selector in WATCHED}


def different(canvas: Page, one: bytes, other: bytes) -> int:
    """How many colour values differ by more than rounding; -1 for pictures of another size."""
    encoded = [f"data:image/png;base64,{b64encode(each).decode()}" for each in (one, other)]
    count: int = canvas.evaluate(COUNT_DIFFERENT, encoded)
    return count


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_is_ours_is_painted_as_without_the_attack(
    pages: Site, open_page: Open, browser: Browser, viewport: dict[str, int], scheme: str
) -> None:
    settings: dict[str, Any] = {"viewport": {**viewport, "height": 2_000}, "color_scheme": scheme}
    expected = pictures(open_page("/respond/pile-none", **settings))
    canvas = browser.new_page()
    for name in PILES:
        seen = pictures(open_page(f"/respond/pile-{name}", **settings))
        changed = {each: different(canvas, seen[each], expected[each]) for each in WATCHED}
        assert changed == dict.fromkeys(WATCHED, 0), name
    canvas.close()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_an_options_marks_stay_in_its_button(
    pages: Site, open_page: Open, viewport: dict[str, int]
) -> None:
    """Each button shows something, and the page scrolls in one direction only."""
    for name, pile in PILES.items():
        pages.questions["options"] = pause_with(
            content={"options": (pile[:100], "Reject")}, default_index=0
        )
        page = open_page("/respond/options", viewport=viewport)
        for button in page.locator("button.option").all():
            assert button.inner_text().strip(), name
        [first, second] = [b.bounding_box() for b in page.locator("button.option").all()]
        assert first is not None
        assert second is not None
        assert first["y"] + first["height"] < second["y"]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], name
        text = page.locator("button.option bdi").first
        assert page.evaluate("e => getComputedStyle(e).overflowY", text.element_handle()) == "clip"
