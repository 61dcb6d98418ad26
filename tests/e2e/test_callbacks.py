"""A pause's own callback, by a real receiver: signed, and told though the server is killed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook

from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.receiver import Received, Receiver
from tests.e2e.server import StartServer

pytestmark = pytest.mark.e2e

SECRET = "a secret for one run"
OPEN = {"PAUSEPOINT_OUTBOUND_ALLOW": "127.0.0.0/8"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


def check(received: Received, pause_id: str) -> None:
    official = Webhook("whsec_" + b64encode(SECRET.encode()).decode())
    event = received.json
    assert official.verify(received.body, received.headers) == event
    assert (event["event"], event["pause_id"]) == ("pause.responded", pause_id)
    assert (event["data"]["choice"], event["data"]["text"]) == ("Approve", "only the old ones")


def test_the_answer_is_posted_to_the_url_that_was_given_with_the_question(
    start_server: StartServer, receiver: Receiver
) -> None:
    server = start_server("dev", **OPEN)
    with Api(server.base_url, server.test_api_key) as api:
        pause = api.create(
            callback_url=receiver.url, callback_secret=SECRET, allow_text_response=True
        )
        body = {"choice": "Approve", "text": "only the old ones"}
        answer(api.http.post(f"/v1/respond/{token_of(pause['respond_url'])}", json=body))
        (received,) = receiver.wait_for(bool)
        path = f"/v1/pause/{pause['pause_id']}/callbacks"
        (delivery,) = eventually(
            lambda: answer(api.http.get(path))["items"],
            until=lambda items: items[0]["state"] == "delivered",
        )

    check(received, pause["pause_id"])
    assert delivery["delivery_id"] == received.event_id


def test_it_is_told_although_the_server_is_killed_as_soon_as_the_answer_was_taken(
    start_server: StartServer, receiver: Receiver
) -> None:
    server = start_server("dev", **OPEN)
    with Api(server.base_url, server.test_api_key) as api:
        pause = api.create(
            callback_url=receiver.url, callback_secret=SECRET, allow_text_response=True
        )
        body = {"choice": "Approve", "text": "only the old ones"}
        answer(api.http.post(f"/v1/respond/{token_of(pause['respond_url'])}", json=body))
    server.kill()
    server.start()
    received = receiver.wait_for(bool)

    check(received[0], pause["pause_id"])
    assert len({(each.event_id, each.body) for each in received}) == 1
