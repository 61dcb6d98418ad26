"""Whatever a font draws for the agent's words, the deadline and the buttons are painted as always."""

from __future__ import annotations

import itertools
from base64 import b64encode
from typing import Final

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
    """The question with the pile in every field, its default too."""
    return pause_with(
        content={
            "message": f"Wire it? {pile}",
            "options": ("Approve", pile[:100]),
            "metadata": {"note": pile, pile[:100]: "note"},
        },
        default_index=1,
    )


@pytest.fixture
def pages(site: Site) -> Site:
    for name, pile in PILES.items():
        site.questions[f"pile-{name}"] = attacked(pile)
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


# Ink outside of a letter's own box, as fonts draw it where marks pile up: far below and far above.
INK: Final = ".question, .details *, .option bdi { text-shadow: 0 140px red, 0 -140px red; }"


def pictures(page: Page) -> dict[str, bytes]:
    """Each element as painted, with what others paint over it."""
    return {selector: page.locator(selector).screenshot() for selector in WATCHED}


def different(canvas: Page, one: bytes, other: bytes) -> int:
    """How many colour values differ by more than rounding; -1 for pictures of another size."""
    encoded = [f"data:image/png;base64,{b64encode(each).decode()}" for each in (one, other)]
    count: int = canvas.evaluate(COUNT_DIFFERENT, encoded)
    return count


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_ink_stays_in_the_box_of_the_words(
    site: Site, open_page: Open, browser: Browser, viewport: dict[str, int], scheme: str
) -> None:
    page = open_page("/respond/usual", viewport=viewport, color_scheme=scheme, bypass_csp=True)
    expected = pictures(page)
    page.add_style_tag(content=INK)
    seen = pictures(page)
    canvas = browser.new_page()
    changed = {each: different(canvas, seen[each], expected[each]) for each in WATCHED}
    canvas.close()
    assert changed == dict.fromkeys(WATCHED, 0)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_marks_that_pile_up_leave_every_button_and_the_deadline_readable(
    pages: Site, open_page: Open, viewport: dict[str, int]
) -> None:
    """Each button shows something, and the page scrolls in one direction only."""
    page = open_page("/respond/usual", viewport=viewport)
    for name in PILES:
        page.goto(f"{pages.origin}/respond/pile-{name}")
        for button in page.locator("button.option").all():
            assert button.inner_text().strip(), name
        boxes = [page.locator(each).bounding_box() for each in (".frame", "#deadline", ".options")]
        for above, below in itertools.pairwise(boxes):
            assert above is not None
            assert below is not None
            assert above["y"] + above["height"] <= below["y"], name
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], name
