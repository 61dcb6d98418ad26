"""What a person sees who follows a link that a message or a hand has bent."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest

from pausepoint.domain.mode import Mode
from pausepoint.operations.respond_to_pause import respond_url
from tests.harness import World, an_api

pytestmark = pytest.mark.anyio

BASE = "http://127.0.0.1:8000"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as ready:
        yield ready


@pytest.fixture
async def path(world: World) -> str:
    """The path of the link to a question that waits."""
    asked = await world.ask(Mode.TEST, message="Is this on?")
    return httpx2.URL(respond_url(world.services, asked, 0)).path


@pytest.mark.parametrize(
    "bent",
    [
        "{}/", "{}//", "/{}", "{}>", "{}%3E", "{}.", "{}),", "{};", "{}]", "{}\"", "{}%20", "{}%E2%80%8B",
        "{}%C2%A0and%20so%20on", "{}?utm_source=mail", "{}.?fbclid=x",
    ],
)  # fmt: skip
async def test_a_bent_link_leads_to_the_question(
    api: httpx2.AsyncClient, path: str, bent: str
) -> None:
    answer = await api.get(BASE + bent.format(path), headers=BROWSER, follow_redirects=True)
    assert answer.status_code == 200
    assert "Is this on?" in answer.text
    assert answer.url.path == path


async def test_what_was_chosen_in_a_mail_stays_chosen(api: httpx2.AsyncClient, path: str) -> None:
    answer = await api.get(f"{path}/?o=1", headers=BROWSER, follow_redirects=True)
    assert "You are about to answer" in answer.text


@pytest.mark.parametrize(
    "bent",
    ["/respond/%2F%2Fevil.example", "/respond/x//evil.example", "//evil.example/respond/{token}"],
)
async def test_no_link_leads_elsewhere(api: httpx2.AsyncClient, path: str, bent: str) -> None:
    answer = await api.get(BASE + bent.format(token=path.rsplit("/", 1)[1]), headers=BROWSER)
    assert answer.headers.get("location", "/").startswith("/")
    assert not answer.headers.get("location", "/").startswith("//")


@pytest.mark.parametrize(
    "unknown",
    ["/respond/", "/respond", "/confirm", "/mute/", "/nowhere", "/docs/x", "/respond/x/y/z"],
)
async def test_an_unknown_address_is_a_page_for_a_browser_and_json_for_a_program(
    api: httpx2.AsyncClient, unknown: str
) -> None:
    seen = await api.get(unknown, headers=BROWSER)
    assert (seen.status_code, seen.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "Open its link again" in seen.text
    told = await api.get(unknown, headers={"Accept": "*/*"})
    assert (told.status_code, told.json()["error"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/docs/", "/dev/inbox/", "//docs"])
async def test_a_surplus_slash_leads_to_the_page(api: httpx2.AsyncClient, path: str) -> None:
    answer = await api.get(BASE + path, headers=BROWSER, follow_redirects=True)
    assert (answer.status_code, answer.url.path) == (200, path.replace("//", "/").rstrip("/"))


async def test_the_apis_errors_stay_json_in_a_browser(api: httpx2.AsyncClient) -> None:
    for path in ("/v1/pause/psr_none", "/v1/nowhere", "/openapi.json/x"):
        answer = await api.get(path, headers=BROWSER)
        assert answer.headers["content-type"] == "application/json"


async def test_a_method_that_a_page_does_not_take_is_a_page(
    api: httpx2.AsyncClient, path: str
) -> None:
    answer = await api.put(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
