"""A page of another site, open in the person's or the developer's browser, tries to use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.browser import FLAGS, chromium_path
from tests.doubles.server import Served
from tests.e2e.api import Api, token_of
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

EVIL: Final = "evil.example"
FORM: Final = """<form method="post" action="{link}"><input name="choice" value="Approve"></form>
<script>document.forms[0].submit()</script>"""
FETCH: Final = """<script>
const form = new URLSearchParams({{choice: "Approve"}}), json = '{{"choice":"Approve"}}';
const send = (url, body, type) => fetch(url, {{
  method: "POST", mode: "no-cors", credentials: "include", body, headers: {{"Content-Type": type}},
}}).catch(() => 0);
Promise.all([
  send("{link}", form, "application/x-www-form-urlencoded"),
  send("{api}", json, "text/plain"),
  navigator.sendBeacon("{link}", form),
]).then(() => document.title = "done");
</script>"""
FRAME: Final = """<title>done</title><iframe src="{link}"></iframe>"""


class OtherSite(Served):
    """Serves the one page that a test puts on it."""

    def __init__(self) -> None:
        self.html = ""
        super().__init__(Starlette(routes=[Route("/", self._page)]))

    async def _page(self, request: Request) -> Response:
        return HTMLResponse(self.html)


@pytest.fixture(scope="module")
def other_site() -> Iterator[OtherSite]:
    with OtherSite() as site:
        yield site


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("site"), "dev") as ready:
        yield ready


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    with Api(server.base_url, server.test_api_key) as client:
        yield client


@pytest.fixture(scope="module")
def victims_browser() -> Iterator[Browser]:
    """For it another site's name leads to this machine, as its owner may make it."""
    rules = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path(), args=[*FLAGS, rules])
        yield opened
        opened.close()


@pytest.fixture
def visit(victims_browser: Browser, other_site: OtherSite) -> Iterator[Callable[[str], Page]]:
    page = victims_browser.new_page()

    def visited(html: str) -> Page:
        other_site.html = html
        page.goto(f"http://{EVIL}:{other_site.host.partition(':')[2]}/", wait_until="networkidle")
        return page

    yield visited
    page.close()


def test_a_form_of_another_site_answers_nothing(api: Api, visit: Callable[[str], Page]) -> None:
    pause = api.create()
    page = visit(FORM.format(link=pause["respond_url"]))
    page.wait_for_url(pause["respond_url"])
    assert "Your answer was not taken" in page.content()
    assert api.pause(pause["pause_id"])["status"] == "pending"


def test_a_script_of_another_site_answers_nothing(
    server: Server, api: Api, visit: Callable[[str], Page]
) -> None:
    pause = api.create()
    link = pause["respond_url"]
    answers = f"{server.base_url}/v1/respond/{token_of(link)}"
    page = visit(FETCH.format(link=link, api=answers))
    page.wait_for_function("document.title === 'done'")
    assert api.pause(pause["pause_id"])["status"] == "pending"


def test_a_frame_of_another_site_shows_nothing_to_press(
    api: Api, visit: Callable[[str], Page]
) -> None:
    pause = api.create()
    page = visit(FRAME.format(link=pause["respond_url"]))
    _, frame = page.frames
    assert frame.get_by_role("button", name="Approve").count() == 0
    assert "Delete 500 records" not in frame.content()


def test_another_sites_name_that_leads_here_shows_no_inbox(
    server: Server, api: Api, victims_browser: Browser
) -> None:
    """DNS rebinding: to the browser the inbox would then be of the other site's own origin."""
    link = api.create()["respond_url"]
    page = victims_browser.new_page()
    for path in ("/dev/inbox", "/dev/inbox/messages?after=0", "/"):
        response = page.goto(f"http://{EVIL}:{server.port}{path}")
        assert response is not None
        assert response.status == 421
        read = page.evaluate(f"fetch('{path}').then(answer => answer.text())")
        assert "HOST_NOT_ALLOWED" in read
        assert token_of(link) not in read + page.content()
    page.goto(f"{server.base_url}/dev/inbox")
    assert token_of(link) in page.content()
    page.close()
