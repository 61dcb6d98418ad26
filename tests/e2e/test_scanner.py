"""Link scanners and previews open everything that is in a message; that must answer nothing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.api import Api, answer
from tests.e2e.server import Server, environment
from tests.e2e.vendors import CHANNELS, Vendors

pytestmark = pytest.mark.e2e

MESSAGES = 2


@pytest.fixture
def api(production_server: Server) -> Iterator[Api]:
    with Api(production_server.base_url, production_server.api_key) as client:
        yield client


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page with JavaScript on, as the scanners have that look for harm in it."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("channel", CHANNELS)
def test_opening_every_link_answers_nothing(
    channel: str, api: Api, vendors: Vendors, page: Page, production_server: Server
) -> None:
    """Then all is still pending."""
    asked: list[str] = []
    links: set[str] = set()
    for number in range(MESSAGES):
        pause = api.create(
            recipient=vendors.recipient(channel),
            channel=channel,
            message=f"Delete {number} records?",
            allow_text_response=bool(number),
        )
        asked.append(pause["pause_id"])
        links |= set(vendors.next_links(channel).values())
    # A mail has one for each option, one to the question, and one to mute.
    assert len(links) == MESSAGES * (4 if channel == "email" else 1)
    open_all(links, page, production_server)
    assert [api.pause(pause_id)["status"] for pause_id in asked] == ["pending"] * MESSAGES


@pytest.mark.parametrize("channel", CHANNELS)
def test_opening_every_link_of_a_confirmation_agrees_to_nothing(
    channel: str, api: Api, vendors: Vendors, page: Page, production_server: Server
) -> None:
    body = {"recipient": vendors.recipient(channel), "channel": channel}
    added = answer(api.http.post("/v1/recipients", json=body), 201)
    open_all(set(vendors.next_links(channel).values()), page, production_server)
    there = answer(api.http.get(f"/v1/recipients/{added['recipient_id']}"))
    assert (there["state"], there["verified_at"]) == ("unverified", None)


def open_all(links: set[str], page: Page, server: Server) -> None:
    """By a browser with JavaScript, and by curl with GET and HEAD."""
    for link in sorted(links):
        open_in_browser(page, link)
        for method in ([], ["--head"]):
            assert curl(server, *method, link).startswith("HTTP/1.1 200")


def open_in_browser(page: Page, link: str) -> None:
    """The link, and every link on its page, each until the network is idle."""
    response = page.goto(link, wait_until="networkidle")
    assert response is not None
    assert response.status == 200
    hrefs = page.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    for href in hrefs:
        page.goto(href, wait_until="networkidle")


def curl(server: Server, *arguments: str) -> str:
    """The answer's status line and headers, then the body if there is one."""
    done = subprocess.run(
        ["curl", "-sS", "--include", "--max-time", "30", *arguments],
        env=environment(server.directory),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout
