"""An agent lets the deadline answer for the person: `Approve` after a second.

That is allowed. It is said to the person before, and told to nobody as a person's answer afterwards.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from pausepoint.channels.base import Notification
from pausepoint.channels.email import EmailChannel
from pausepoint.channels.slack import SlackChannel
from pausepoint.domain.mode import Mode
from pausepoint.operations.respond_to_pause import respond_url, response_token
from pausepoint.operations.time_out_pauses import settled_pause
from tests.channels.samples import notification
from tests.harness import World, an_api
from tests.web.api.test_everything_else import WEBHOOK
from tests.web.mcp.client import called
from tests.web.pages.html_facts import facts

pytestmark = pytest.mark.anyio

SECOND = 1 / 3600
HURRIED: dict[str, Any] = {"timeout_hours": SECOND, "timeout_default": "Approve"}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def test_the_person_is_told_what_silence_means(world: World, api: httpx2.AsyncClient) -> None:
    pause = await world.ask(**HURRIED)
    path = respond_url(world.services, pause).partition(":8000")[2]
    page = (await api.get(path)).text
    assert "If you don't, “Approve” is chosen." in facts(page).text
    assert 'id="countdown">in less than a minute<' in page
    assert "nothing happens" not in page


@pytest.mark.parametrize("channel", ["email", "slack"])
def test_mail_and_slack_say_it_too(channel: str) -> None:
    asked = notification(timeout_default="Approve", recipient=RECIPIENTS[channel])
    assert "If you don't, “Approve” is chosen." in words_of(channel, asked)
    assert "ignore" not in words_of(channel, asked)


RECIPIENTS = {"email": "bob@example.com", "slack": "https://hooks.slack.com/services/T/B/x"}


def words_of(channel: str, asked: Notification) -> str:
    if channel == "email":
        return EmailChannel("asks@pp.example.com").render(asked).text
    return json.dumps(SlackChannel(["hooks.slack.com"]).render(asked).payload, ensure_ascii=False)


async def test_nobody_is_told_that_a_person_answered(world: World, api: httpx2.AsyncClient) -> None:
    """Not the agent by any of its ways, and not who opens the link later."""
    await api.post("/v1/webhooks", json=WEBHOOK | {"events": ["pause.timed_out"]})
    pause = await world.ask(**HURRIED)
    world.clock.advance(timedelta(seconds=1))
    await settled_pause(world.services, pause.pause_id)
    while await world.deliver_due():
        pass
    polled = (await api.get(f"/v1/pause/{pause.pause_id}")).json()
    [listed] = (await api.get("/v1/pause")).json()["items"]
    tool = await called(api, "poll_pause_request", {"pause_id": pause.pause_id})
    [told] = [json.loads(body) for _, _, body in world.receiver.got]
    audited = (await api.get("/v1/audit?event_type=pause.timed_out")).json()["items"]
    link = f"/respond/{response_token(world.services, pause)}"
    page = (await api.get(link)).text

    for seen in (polled, listed, tool):
        assert (seen["status"], seen["response_choice"]) == ("timed_out", "Approve")
        assert seen["resolved_by"] == "timeout"
        assert seen.get("response_at") is None
    assert (told["event"], told["data"]["resolved_by"]) == ("pause.timed_out", "timeout")
    assert [entry["actor"] for entry in audited] == ["system"]
    assert (await api.get("/v1/audit?event_type=pause.responded")).json()["items"] == []
    assert "You answered" not in page
    assert (await api.post(link, data={"choice": "Reject"})).status_code == 410
    assert (await world.pause(pause.pause_id)).mode is Mode.LIVE
