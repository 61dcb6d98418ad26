"""Makes docs/images/*.png from the real templates: `.venv/bin/python -m scripts.screenshots`."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup
from playwright.sync_api import Browser, Route, sync_playwright
from tests.browser import FLAGS, chromium_path

from pausepoint.channels.base import Notification
from pausepoint.channels.sms import SmsChannel
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Content, Pause, PauseStatus
from pausepoint.domain.time import from_datetime
from pausepoint.web.pages import headers
from pausepoint.web.pages.assets import asset
from pausepoint.web.pages.respond import render_question

IMAGES: Final = Path(__file__).parent.parent / "docs" / "images"
ORIGIN: Final = "http://localhost"
SCALE: Final = 1.5
PHONE: Final = {"width": 360, "height": 600}
NOW: Final = from_datetime(datetime(2026, 11, 24, 14, 2, tzinfo=UTC))
DEADLINE: Final = from_datetime(datetime(2026, 11, 24, 18, 0, tzinfo=UTC))
LINK: Final = (
    "https://ask.example.com/respond/AZOrc2wQfE2h3kPq0sVxYgAAAZrDkZkAc7tQ1mZpWn4uLx8RjHvB2g"
)

QUESTION: Final = Content(
    recipient="+15550100",
    message="Wire $8,400 to Meridian Supplies for invoice 2281?",
    options=("Approve", "Reject"),
    metadata={
        "amount": "$8,400.00",
        "vendor": "Meridian Supplies",
        "invoice": "2281",
        "due_date": "28 Nov 2026",
    },
)
PAUSE: Final = Pause(
    pause_id="psr_019ab000-0000-7000-8000-000000000001",
    developer_id="dev_019ab000-0000-7000-8000-000000000001",
    mode=Mode.LIVE,
    status=PauseStatus.PENDING,
    channel="sms",
    allow_text_response=False,
    default_index=1,
    created_at=NOW,
    expires_at=DEADLINE + 30_000,  # the countdown rounds down
    content=QUESTION,
)
NOTIFICATION: Final = Notification(
    delivery_id="dlv_019ab000-0000-7000-8000-000000000001",
    pause_id=PAUSE.pause_id,
    sender="Acme",
    recipient=QUESTION.recipient,
    message=QUESTION.message,
    options=QUESTION.options,
    timeout_default=PAUSE.timeout_default,
    created_at=PAUSE.created_at,
    expires_at=PAUSE.expires_at,
    respond_url=LINK,
)

SCENE: Final = Markup("""<!doctype html>
<style>
* { box-sizing: border-box; margin: 0; }
:root { --ground: #eef1f5; --paper: #ffffff; --ink: #16191d; --quiet: #5a6370; --line: #d9dee4;
  --accent: #2f5bea; --bubble: #eef1f5; --case: #16191d; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0b0d0f; --paper: #111417; --ink: #e9edf1; --quiet: #9aa5b1; --line: #2b3138;
    --accent: #8aa8ff; --bubble: #22272d; --case: #2b3138; }
}
body { display: flex; gap: 56px; justify-content: center; width: 960px; padding: 48px 0;
  background: var(--ground); color: var(--ink);
  font: 17px/1.4 "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif; }
.phone { display: flex; flex-direction: column; width: 384px; padding: 12px; border-radius: 44px;
  background: var(--case); }
.screen { flex: 1; width: 360px; overflow: hidden; border-radius: 32px; background: var(--paper); }
.top { display: flex; justify-content: space-between; padding: 12px 26px 6px; font-size: 14px;
  font-weight: 600; }
.from { padding: 12px 0 14px; border-bottom: 1px solid var(--line); text-align: center;
  font-weight: 600; }
.from small { display: block; color: var(--quiet); font-size: 13px; font-weight: 400; }
.day { padding: 20px 0 12px; color: var(--quiet); font-size: 13px; text-align: center; }
.bubble { width: 296px; margin-left: 16px; padding: 12px 16px; border-radius: 20px 20px 20px 5px;
  background: var(--bubble); white-space: pre-wrap; overflow-wrap: anywhere; }
.bubble u { color: var(--accent); }
.page { display: block; width: 360px; margin-bottom: 16px; }
</style>
<div class="phone"><div class="screen">
<div class="top"><span>14:02</span><span>4G</span></div>
<div class="from">+1 555 0142<small>Text message</small></div>
<div class="day">Today 14:02</div>
<div class="bubble">{before}<u>{link}</u></div>
</div></div>
<div class="phone"><div class="screen">
<div class="top"><span>14:02</span><span>4G</span></div>
<img class="page" alt="" src="data:image/png;base64,{page}">
</div></div>
""")


def answer_like_the_server(route: Route) -> None:
    path = urlsplit(route.request.url).path
    found = asset(path.removeprefix("/static/"))
    if found is not None:
        route.fulfill(body=found.body, content_type=found.content_type)
    else:
        html = render_question(PAUSE, NOTIFICATION.sender, NOW, path=path)
        route.fulfill(body=html, content_type="text/html", headers={**headers.RESPONSE_PAGE})


def response_page(browser: Browser, scheme: str) -> bytes:
    page = browser.new_page(
        viewport=PHONE, device_scale_factor=SCALE, color_scheme=scheme, timezone_id="Europe/London"
    )
    page.route("**/*", answer_like_the_server)
    page.goto(f"{ORIGIN}/respond/sample")
    return page.screenshot()


def scene(browser: Browser, scheme: str) -> bytes:
    before, link, _ = SmsChannel().render(NOTIFICATION).body.partition(LINK)
    picture = base64.b64encode(response_page(browser, scheme)).decode()
    page = browser.new_page(
        viewport={"width": 960, "height": 772}, device_scale_factor=SCALE, color_scheme=scheme
    )
    page.set_content(
        SCENE.replace("{before}", before).replace("{link}", link).replace("{page}", picture)
    )
    return page.screenshot()


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=[*FLAGS, "--disable-lcd-text"]
        )
        for scheme in ("light", "dark"):
            (IMAGES / f"question-{scheme}.png").write_bytes(scene(browser, scheme))
        browser.close()


if __name__ == "__main__":
    main()
