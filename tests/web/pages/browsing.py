"""What the tests in a browser share: the questions they open, and who watches the pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Page

from pausepoint.domain.pause import Pause
from pausepoint.domain.words import MINUTE
from tests.web.pages.samples import ACTION, LONG, NOW, RTL, USUAL, WITH_NOTE, pause_with

Open = Callable[..., Page]

PHONE: Final = {"width": 360, "height": 640}
DESKTOP: Final = {"width": 1280, "height": 800}
QUESTIONS: Final[dict[str, Pause]] = {
    "usual": USUAL,
    "note": WITH_NOTE,
    "long": LONG,
    "rtl": RTL,
    "hidden": pause_with(content={"message": "Pay \u202eevil\u202c?" + "\n" * 30 + "end"}),
    "unbroken": pause_with(content={"message": "W" * 300, "options": ("Y" * 100, "N" * 100)}),
    "action": ACTION,
    "seconds": pause_with(expires_at=NOW + 4_000),
    "soon": pause_with(expires_at=NOW + 6 * MINUTE + 30_000),
}


@dataclass
class Watched:
    """A page that fails its test by any complaint of the browser or request to elsewhere."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self._hear(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._check(request.url))

    def _hear(self, text: str) -> None:
        # A test has pulled the plug, or stood in the way.
        if not any(words in text for words in ("ERR_INTERNET_DISCONNECTED", "status of 502")):
            self.complaints.append(text)

    def _check(self, url: str) -> None:
        if not url.startswith((self.origin + "/", "data:,")):
            self.complaints.append(f"asked elsewhere: {url}")
