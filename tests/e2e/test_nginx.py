"""Two processes behind a real nginx, with the very configurations that the pages give."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest
import yaml
from playwright.sync_api import Browser

from tests.docs.pages import ROOT, steps
from tests.doubles.postgres import PostgresServer
from tests.doubles.proxies import Nginx
from tests.e2e.api import Api, token_of
from tests.e2e.callers import Caller, Crowd
from tests.e2e.follower import Follower
from tests.e2e.server import LIMITS_OFF, Server, free_port

pytestmark = pytest.mark.e2e

CONFIRMATION: Final = "c" * 54
HOW_TO: Final = ROOT / "docs" / "how-to"


def from_compose(port: int, ports: list[int]) -> str:
    """The configuration in compose.yaml, with other addresses."""
    content: str = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["configs"]["nginx"][
        "content"
    ]
    text = re.sub(r"resolver .*;\n", "", content).replace("$$", "$")
    for number, each in enumerate(ports, 1):
        text = text.replace(f"server web{number}:8000 resolve", f"server 127.0.0.1:{each}")
    return text.replace("listen 8080;", f"listen 127.0.0.1:{port};")


def from_pages(port: int, ports: list[int]) -> str:
    """That of the pages on production, put together as they say, with other addresses and no TLS."""
    [server] = [s.text for s in steps(HOW_TO / "production-sqlite.md") if s.kind == "nginx"]
    upstream, more = (
        s.text for s in steps(HOW_TO / "production-postgresql.md") if s.kind == "nginx"
    )
    for number, each in enumerate(ports, 1):
        upstream = upstream.replace(f"server 10.0.0.1{number}:8000", f"server 127.0.0.1:{each}")
    server = re.sub(r" +ssl_.*\n", "", server).replace("http://127.0.0.1:8000", "http://pausepoint")
    server = server.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};\n{more}")
    return upstream + server


@dataclass
class Site:
    """Two processes and the nginx before them."""

    one: Server
    other: Server
    nginx: Nginx

    @property
    def key(self) -> str:
        return self.one.test_api_key


CONFIGURATIONS: Final = [
    pytest.param(from_compose, id="compose.yaml"),
    pytest.param(from_pages, id="pages"),
]


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def site(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    port, folder = free_port(), tmp_path_factory.mktemp("site")
    settings = {
        "PAUSEPOINT_DATABASE_URL": postgres.url(postgres.create_database()),
        "PAUSEPOINT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **LIMITS_OFF,
    }
    for name in ("one", "other"):
        (folder / name).mkdir()
    one, other = (Server(folder / name, "serve", **settings) for name in ("one", "other"))
    other.api_key = "the first one's"
    with one, other, Nginx(request.param(port, [one.port, other.port]), port) as nginx:
        yield Site(one, other, nginx)


def test_a_held_poll_is_released_by_an_answer(site: Site) -> None:
    url = site.nginx.base_url
    with Api(url, site.key) as agent, Api(url, None) as person:
        for _ in range(2):  # Agent and person come to one process, then to different ones.
            pause = agent.create()
            token = token_of(pause["respond_url"])
            answering = threading.Timer(0.3, person.respond, (token, "Approve"))
            answering.start()
            assert agent.pause(pause["pause_id"], wait=50)["response_choice"] == "Approve"
            answering.join()


def test_an_event_is_told_when_it_happens(site: Site) -> None:
    """A proxy that collects a whole buffer first would tell it hours later."""
    with Api(site.nginx.base_url, site.key) as agent:
        for _ in range(2):
            with Follower(site.nginx.base_url, site.key, "pause.created") as follower:
                follower.wait_until_heard()
                pause = agent.create()
                (event,) = follower.wait_for(bool)
                assert event["pause_id"] == pause["pause_id"]


def test_no_request_is_lost_while_one_process_is_away(site: Site) -> None:
    created: list[str] = []

    def ask_and_answer(caller: Caller) -> None:
        pause = caller.create()
        created.append(pause["pause_id"])
        assert caller.respond(token_of(pause["respond_url"]), "Approve")

    crowd = Crowd([site.nginx.base_url], site.key)
    crowd.add(ask_and_answer, 8)
    crowd.advance(50)
    site.one.stop()
    crowd.advance(50)
    site.one.start()
    crowd.advance(50)
    crowd.end()
    with Api(site.nginx.base_url, site.key) as agent:
        kept = {pause["pause_id"]: pause["status"] for pause in agent.every("/v1/pause")}
    assert dict.fromkeys(created, "responded").items() <= kept.items()


def test_the_persons_link_is_in_no_log(site: Site, browser: Browser) -> None:
    """Not by the page's files, which name it as their referer, and not where a process is away."""
    with Api(site.nginx.base_url, site.key) as agent:
        links = [agent.create()["respond_url"] for _ in range(6)]
        page = browser.new_page()
        for link in links[:3]:
            page.goto(link)
            page.get_by_role("button", name="Approve").click()
            page.get_by_text("You answered").wait_for()
        page.close()
        site.one.stop()
        for link in links[3:]:
            assert agent.respond(token_of(link), "Approve").status_code == 200
        site.one.start()
        agent.http.get(f"/confirm/{CONFIRMATION}")
        agent.http.get(f"/mute/{CONFIRMATION}")
    access, errors = site.nginx.log("access"), site.nginx.log("error")
    assert "POST /v1/pause" in access
    assert [
        line
        for line in (access + errors).splitlines()
        if CONFIRMATION in line or any(token_of(link) in line for link in links)
    ] == []


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_callers_are_told_apart_by_where_they_come_from(
    configuration: Callable[[int, list[int]], str], tmp_path: Path
) -> None:
    port = free_port()
    settings = {
        "PAUSEPOINT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PAUSEPOINT_TRUSTED_PROXIES": "127.0.0.1",
        "PAUSEPOINT_RATE_LIMITS": "no_key=2",
    }
    server = Server(tmp_path, "serve", **settings)
    nginx = Nginx(configuration(port, [server.port, server.port]), port)

    def statuses(address: str, **headers: str) -> list[int]:
        transport = httpx2.HTTPTransport(local_address=address)
        with httpx2.Client(base_url=nginx.base_url, transport=transport) as caller:
            return [caller.get("/v1/pause", headers=headers).status_code for _ in range(3)]

    with server, nginx:
        assert statuses("127.0.0.2") == [401, 401, 429]
        assert statuses("127.0.0.3") == [401, 401, 429]
        assert statuses("127.0.0.2", **{"X-Forwarded-For": "192.0.2.1"}) == [429] * 3
