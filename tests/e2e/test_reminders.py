"""Reminders and the fallback with vendors at the other end: an SMS company, a mail server, a kill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from doubles.twilio import MAGIC_NUMBERS
from tests.e2e.api import Api, answer, eventually, token_of
from tests.e2e.links import in_mail, in_text
from tests.e2e.server import LIMITS_OFF, Server, StartServer
from tests.e2e.vendors import ADDRESS, Vendors

pytestmark = pytest.mark.e2e

SECOND = 1 / 3600
NUMBER, (CODE, _) = next(iter(MAGIC_NUMBERS.items()))
MAIL = {"recipient": ADDRESS, "channel": "email"}


@pytest.fixture
def own_vendors() -> Iterator[Vendors]:
    with Vendors() as ready:
        yield ready


@pytest.fixture
def server(start_server: StartServer, own_vendors: Vendors) -> Server:
    return start_server(**own_vendors.settings, **LIMITS_OFF)


def test_who_cannot_be_reached_is_followed_by_the_next_and_that_one_answers(
    server: Server, own_vendors: Vendors
) -> None:
    with Api(server.base_url, server.api_key) as api:
        pause_id = api.create(recipient=NUMBER, fallback=[MAIL])["pause_id"]
        mail = own_vendors.next_mail()
        assert "Delete 500 records?" in str(mail["subject"])
        link = in_mail(mail)["text"]
        answer(api.respond(token_of(link), "Approve"))
        # The answer may be there before the mail server's last word is recorded.
        pause = eventually(
            lambda: api.pause(pause_id, wait=30),
            until=lambda found: len(found["delivery"]["attempts"]) == 2,
        )
        told = [entry["event_type"] for entry in api.audit(pause_id=pause_id)]

    assert (pause["status"], pause["response_choice"]) == ("responded", "Approve")
    assert [(a["channel"], a["outcome"]) for a in pause["delivery"]["attempts"]] == [
        ("sms", "failed"),
        ("email", "sent"),
    ]
    assert pause["delivery"]["attempts"][0]["code"] == str(CODE)
    assert "pause.undeliverable" not in told


def test_a_reminder_comes_although_the_server_was_killed_before_it(
    server: Server, own_vendors: Vendors
) -> None:
    twilio = own_vendors.twilio
    with Api(server.base_url, server.api_key) as api:
        made = api.create(timeout_hours=1, remind_after_hours=2 * SECOND, fallback=[MAIL])
        # Killed between Twilio's answer and its record, it would send the first message again.
        eventually(lambda: api.pause(made["pause_id"])["delivery"]["state"] == "sent")
    server.kill()
    server.start()
    bodies: list[str] = [
        message.fields["Body"]
        for message in eventually(lambda: list(twilio.messages), until=lambda got: len(got) >= 2)
    ]
    mail = own_vendors.next_mail()

    assert not bodies[0].startswith("[PausePoint] Reminder: ")
    assert bodies[1].startswith("[PausePoint] Reminder: Delete 500 records?")
    links = {token_of(link) for body in bodies for link in in_text(body)}
    of_the_mail = token_of(in_mail(mail)["text"])
    assert of_the_mail not in links  # a link says whose it is, and all lead to the one question
    with Api(server.base_url, server.api_key) as api:
        [token] = links
        answer(api.respond(token, "Reject"))
        pause: dict[str, Any] = api.pause(made["pause_id"])
        late = api.respond(of_the_mail, "Approve")

    assert (pause["response_choice"], late.json()["error"]) == ("Reject", "TOKEN_USED")
    assert [a["reminder"] for a in pause["delivery"]["attempts"]].count(True) == 1
