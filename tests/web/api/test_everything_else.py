"""Accounts, webhooks, audit, answering by the API, health, and what no route takes."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from twilio.request_validator import RequestValidator

from pausepoint.client.verification import verify_webhook
from pausepoint.domain.errors import InternalError
from pausepoint.domain.mode import Mode
from pausepoint.operations.respond_to_pause import respond_url
from pausepoint.web.app import create_app
from tests.harness import World, a_world, an_api, settings_of
from tests.web.streams import a_stream

pytestmark = pytest.mark.anyio

WEBHOOK = {
    "url": "https://example.com/hook",
    "events": ["pause.responded"],
    "secret": "0123456789abcdef",
}


@pytest.fixture
async def api(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_api(world) as client:
        yield client


async def test_registering_gives_two_keys_that_open(api: httpx2.AsyncClient) -> None:
    person = {"email": "bob@example.com", "name": "Bob", "password": "long enough"}
    made = await api.post("/v1/auth/register", json=person)
    body = made.json()

    assert made.status_code == 201
    assert set(body) == {"developer_id", "api_key", "test_api_key", "plan", "message"}
    for key in (body["api_key"], body["test_api_key"]):
        me = await api.get("/v1/auth/me", headers={"Authorization": f"Bearer {key}"})
        assert me.json()["email"] == "bob@example.com"
        assert [k["prefix"] for k in me.json()["keys"]] == [
            body["api_key"][:16],
            body["test_api_key"][:16],
        ]


async def test_an_address_that_names_a_route_is_refused_wherever_it_is_given(
    api: httpx2.AsyncClient,
) -> None:
    routed = {"recipient": "evil.test!agent@example.com", "channel": "email"}
    question = {"message": "Ship it?", "options": ["Yes", "No"]}
    bob = {"recipient": "bob@example.com", "channel": "email"}
    person = {"email": "agent%evil.test@example.com", "name": "Bob", "password": "long enough"}
    answers = [
        await api.post("/v1/pause", json=routed | question),
        await api.post("/v1/pause", json=bob | question | {"fallback": [routed]}),
        await api.post("/v1/recipients", json=routed),
    ]
    registered = await api.post("/v1/auth/register", json=person)

    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_RECIPIENT")
        assert "another domain" in answer.json()["message"]
    assert (registered.status_code, registered.json()["error"]) == (422, "VALIDATION_ERROR")
    assert registered.json()["detail"][0]["field"] == "email"


async def test_an_account_has_twenty_webhooks_of_a_mode_however_many_ask_at_once(
    world: World, api: httpx2.AsyncClient
) -> None:
    answers = await asyncio.gather(*(api.post("/v1/webhooks", json=WEBHOOK) for _ in range(30)))
    codes = Counter(answer.json().get("error", answer.status_code) for answer in answers)
    assert codes == {201: 20, "TOO_MANY_WEBHOOKS": 10}
    assert {answer.status_code for answer in answers} == {201, 409}
    listed = (await api.get("/v1/webhooks")).json()["items"]
    assert (await api.delete(f"/v1/webhooks/{listed[0]['webhook_id']}")).status_code == 204
    assert (await api.post("/v1/webhooks", json=WEBHOOK)).status_code == 201
    of_test_key = {"Authorization": f"Bearer {world.alice.test_key}"}
    other = WEBHOOK | {"url": "https://example.com/test"}
    assert (await api.post("/v1/webhooks", json=other, headers=of_test_key)).status_code == 201


@pytest.mark.parametrize("mode", list(Mode))
async def test_an_event_says_whether_it_is_a_test(world: World, mode: Mode) -> None:
    """By webhook, by callback and in the feed, and the client reads it."""
    is_test = mode is Mode.TEST
    key = world.alice.test_key if is_test else world.alice.live_key
    callback = {"callback_url": "https://example.com/run", "callback_secret": WEBHOOK["secret"]}
    async with an_api(world, key) as api:
        await api.post("/v1/webhooks", json=WEBHOOK)
        pause = await world.ask(mode, **callback)
        token = respond_url(world.services, pause).rpartition("/")[2]
        await api.post(f"/v1/respond/{token}", json={"choice": "Approve"})
        await world.deliver_due()
    types = "/v1/events?types=pause.responded"
    async with a_stream(world, types, last_event_id="0", key=key) as stream:
        [told] = await stream.events(1)

    bodies = [body for _, _, body in world.receiver.got]
    assert len(bodies) == 2
    for body in (*bodies, told.fields["data"].encode()):
        data = json.loads(body)["data"]
        assert (data["resolved_by"], data["test"]) == ("human", is_test)
    for _, headers, body in world.receiver.got:
        at = world.clock.now() / 1000
        event = verify_webhook(body, headers, str(WEBHOOK["secret"]), at=at)
        assert event.data.test is is_test


async def test_one_secret_signs_the_events_of_one_mode(
    world: World, api: httpx2.AsyncClient
) -> None:
    test = {"Authorization": f"Bearer {world.alice.test_key}"}
    assert (await api.post("/v1/webhooks", json=WEBHOOK)).status_code == 201
    for url in (WEBHOOK["url"], "HTTPS://EXAMPLE.com:443/hook#x", "https://example.com./hook"):
        refused = await api.post("/v1/webhooks", json=WEBHOOK | {"url": url}, headers=test)
        assert (refused.status_code, refused.json()["error"]) == (422, "VALIDATION_ERROR")
        assert refused.json()["detail"][0]["field"] == "secret"
    other = {"secret": "another secret of sixteen"}
    assert (await api.post("/v1/webhooks", json=WEBHOOK | other, headers=test)).status_code == 201
    again = await api.post("/v1/webhooks", json=WEBHOOK | other)
    assert again.status_code == 422
    elsewhere = WEBHOOK | {"url": "https://example.com/test"}
    assert (await api.post("/v1/webhooks", json=elsewhere, headers=test)).status_code == 201


async def test_an_address_registers_once(api: httpx2.AsyncClient) -> None:
    person = {"email": "ALICE@example.com", "name": "Alice", "password": "long enough"}
    refused = await api.post("/v1/auth/register", json=person)

    assert (refused.status_code, refused.json()["error"]) == (409, "EMAIL_TAKEN")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "not an address"),
        ("email", ""),
        ("name", ""),
        ("name", "two\nlines"),
        ("name", "x" * 101),
        ("password", "short"),
        ("password", "x" * 201),
        ("password", 12345678),
    ],
)
async def test_odd_registrations_are_refused(
    api: httpx2.AsyncClient, field: str, value: object
) -> None:
    person = {"email": "bob@example.com", "name": "Bob", "password": "long enough"} | {field: value}
    refused = await api.post("/v1/auth/register", json=person)

    assert (refused.status_code, refused.json()["detail"][0]["field"]) == (422, field)


async def test_closed_registration_is_closed(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, PAUSEPOINT_REGISTRATION="closed")
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        person = {"email": "bob@example.com", "name": "Bob", "password": "long enough"}
        refused = await api.post("/v1/auth/register", json=person)

    assert (refused.status_code, refused.json()["error"]) == (403, "REGISTRATION_CLOSED")


async def test_rotating_a_key_kills_it_at_once_and_spares_the_other(world: World) -> None:
    async with an_api(world) as live, an_api(world, world.alice.test_key) as test:
        body = (await live.post("/v1/auth/keys/rotate")).json()
        assert list(body) == ["api_key"]
        assert (await live.get("/v1/auth/me")).status_code == 401
        assert (await test.get("/v1/auth/me")).status_code == 200
        assert list((await test.post("/v1/auth/keys/rotate")).json()) == ["test_api_key"]
    async with an_api(world, body["api_key"]) as renewed:
        assert (await renewed.get("/v1/auth/me")).status_code == 200


@pytest.mark.parametrize(
    "value",
    [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer pp_live_" + "0" * 48, "Bearer é", "\xff"],
)
async def test_no_key_no_entry(api: httpx2.AsyncClient, value: str | None) -> None:
    del api.headers["Authorization"]
    headers = [] if value is None else [(b"authorization", value.encode("latin-1"))]
    for path in ("/v1/auth/me", "/v1/pause", "/v1/audit", "/v1/webhooks"):
        refused = await api.get(path, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_API_KEY")
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_the_person_sees_the_question_and_answers_by_the_api(
    world: World, api: httpx2.AsyncClient
) -> None:
    pause = await world.ask(metadata={"b": 1, "a": 2}, allow_text_response=True)
    token = respond_url(world.services, pause).rpartition("/")[2]
    seen = (await api.get(f"/v1/respond/{token}")).json()
    answered = await api.post(f"/v1/respond/{token}", json={"choice": "Reject", "text": "no"})
    again = await api.post(f"/v1/respond/{token}", json={"choice": "Reject"})

    assert (seen["message"], seen["sender"], seen["status"]) == ("Wire it?", "Acme", "pending")
    assert (answered.status_code, answered.json()["response_choice"]) == (200, "Reject")
    assert (again.status_code, again.json()["error"]) == (410, "TOKEN_USED")
    seen = (await api.get(f"/v1/respond/{token}")).json()
    assert (seen["status"], seen["response_choice"]) == ("responded", "Reject")
    assert seen["response_text"] == answered.json()["response_text"] == "no"


async def test_looking_never_answers(world: World, api: httpx2.AsyncClient) -> None:
    pause = await world.ask()
    url = respond_url(world.services, pause)
    token = url.rpartition("/")[2]
    for path in (f"/v1/respond/{token}", f"/respond/{token}", f"/respond/{token}?o=1"):
        assert (await api.get(path)).status_code == 200
        assert (await api.head(path)).status_code == 200

    assert (await world.pause(pause.pause_id)).status == "pending"


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://127.0.0.1:8000"}, True),
        ({"Origin": "https://evil.example.com"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[x"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"}, False),
    ],
)
async def test_another_site_cannot_answer_for_a_person(
    world: World, api: httpx2.AsyncClient, headers: dict[str, str], is_taken: bool
) -> None:
    pause = await world.ask()
    token = respond_url(world.services, pause).rpartition("/")[2]
    by_form = await api.post(f"/respond/{token}", data={"choice": "Nope"}, headers=headers)
    by_api = await api.post(f"/v1/respond/{token}", json={"choice": "Approve"}, headers=headers)

    assert by_form.status_code == (400 if is_taken else 403)
    assert by_api.status_code == (200 if is_taken else 403)
    expected = "responded" if is_taken else "pending"
    assert (await world.pause(pause.pause_id)).status == expected


async def test_a_form_answers_with_a_redirect_and_a_double_tap_is_one_answer(
    world: World, api: httpx2.AsyncClient
) -> None:
    pause = await world.ask(allow_text_response=True)
    path = "/respond/" + respond_url(world.services, pause).rpartition("/")[2]
    form = {"choice": "Approve", "text": "line one\r\nline two"}
    first = await api.post(path, data=form)
    second = await api.post(path, data=form)
    other = await api.post(path, data={"choice": "Reject"})

    assert (first.status_code, first.headers["location"]) == (303, path)
    assert (second.status_code, other.status_code) == (303, 410)
    final = await world.pause(pause.pause_id)
    assert final.content is not None
    assert final.content.response_text == "line one\nline two"
    assert "Approve" in (await api.get(path)).text


@pytest.mark.parametrize(
    "raw", [b"", b"choice=%FF", b"\xff\xfe", b"choice=Nope", b"x=" + b"y" * 70_000]
)
async def test_an_odd_form_changes_nothing_and_keeps_the_page(
    world: World, api: httpx2.AsyncClient, raw: bytes
) -> None:
    pause = await world.ask()
    path = "/respond/" + respond_url(world.services, pause).rpartition("/")[2]
    answer = await api.post(
        path, content=raw, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert answer.status_code in (400, 413, 422)
    assert answer.headers["content-type"].startswith("text/html")
    assert (await world.pause(pause.pause_id)).status == "pending"


async def test_a_forged_link_is_a_calm_404(api: httpx2.AsyncClient) -> None:
    for token in ("x", "A" * 54, "%00", "é"):
        assert (await api.get(f"/respond/{token}")).status_code == 404
        assert (await api.post(f"/respond/{token}", data={"choice": "a"})).status_code == 404
        assert (await api.get(f"/v1/respond/{token}")).json()["error"] == "TOKEN_INVALID"


async def test_webhooks_are_made_listed_and_deleted_and_never_tell_the_secret(
    api: httpx2.AsyncClient,
) -> None:
    made = await api.post("/v1/webhooks", json=WEBHOOK)
    webhook_id = made.json()["webhook_id"]
    listed = await api.get("/v1/webhooks")

    assert made.status_code == 201
    assert WEBHOOK["secret"] not in made.text + listed.text
    assert [item["webhook_id"] for item in listed.json()["items"]] == [webhook_id]
    assert (await api.delete(f"/v1/webhooks/{webhook_id}")).status_code == 204
    assert (await api.delete(f"/v1/webhooks/{webhook_id}")).json()["error"] == "WEBHOOK_NOT_FOUND"
    assert (await api.get("/v1/webhooks")).json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://example.com/"}, "INVALID_WEBHOOK_URL"),
        ({"url": "https://127.0.0.1/"}, "INVALID_WEBHOOK_URL"),
        ({"url": "https://2130706433/"}, "INVALID_WEBHOOK_URL"),
        ({"url": "https://169.254.169.254/latest"}, "INVALID_WEBHOOK_URL"),
        ({"url": "https://[::1]/"}, "INVALID_WEBHOOK_URL"),
        ({"url": "https://localhost/"}, "INVALID_WEBHOOK_URL"),
        ({"url": "not a url"}, "INVALID_WEBHOOK_URL"),
        ({"secret": "short"}, "VALIDATION_ERROR"),
        ({"events": []}, "VALIDATION_ERROR"),
        ({"events": ["pause.exploded"]}, "VALIDATION_ERROR"),
    ],
)
async def test_odd_webhooks_are_refused(
    api: httpx2.AsyncClient, changes: dict[str, object], code: str
) -> None:
    refused = await api.post("/v1/webhooks", json=WEBHOOK | changes)

    assert (refused.status_code, refused.json()["error"]) == (422, code)


async def test_deliveries_are_seen_and_sent_again(world: World, api: httpx2.AsyncClient) -> None:
    webhook_id = (await api.post("/v1/webhooks", json=WEBHOOK)).json()["webhook_id"]
    pause = await world.ask()
    token = respond_url(world.services, pause).rpartition("/")[2]
    await api.post(f"/v1/respond/{token}", json={"choice": "Approve"})
    await world.deliver_due()
    [item] = (await api.get(f"/v1/webhooks/{webhook_id}/deliveries")).json()["items"]
    again = f"/v1/webhooks/{webhook_id}/deliveries/{item['delivery_id']}/redeliver"

    assert (item["state"], item["attempts"][0]["code"]) == ("delivered", "200")
    accepted = await api.post(again)
    assert (accepted.status_code, accepted.json()["state"]) == (202, "queued")
    assert accepted.json()["next_attempt_at"] is not None
    await world.deliver_due()
    assert len(world.receiver.got) == 2
    missing = f"/v1/webhooks/{webhook_id}/deliveries/dlv_none/redeliver"
    assert (await api.post(missing)).json()["error"] == "DELIVERY_NOT_FOUND"


async def test_another_accounts_objects_are_not_there(
    world: World, api: httpx2.AsyncClient
) -> None:
    person = {"email": "bob@example.com", "name": "Bob", "password": "long enough"}
    key = (await api.post("/v1/auth/register", json=person)).json()["api_key"]
    webhook_id = (await api.post("/v1/webhooks", json=WEBHOOK)).json()["webhook_id"]
    pause = await world.ask()
    async with an_api(world, key) as bob:
        answers = [
            await bob.get(f"/v1/pause/{pause.pause_id}"),
            await bob.delete(f"/v1/pause/{pause.pause_id}"),
            await bob.delete(f"/v1/webhooks/{webhook_id}"),
            await bob.get(f"/v1/webhooks/{webhook_id}/deliveries"),
        ]
        log = (await bob.get("/v1/audit")).json()["items"]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert [entry["event_type"] for entry in log] == ["developer.registered"]


async def test_the_audit_log_tells_the_story(world: World, api: httpx2.AsyncClient) -> None:
    pause = await world.ask()
    await world.deliver_due()
    token = respond_url(world.services, pause).rpartition("/")[2]
    world.clock.advance(timedelta(minutes=1))
    await api.post(f"/v1/respond/{token}", json={"choice": "Approve"})
    log = (await api.get("/v1/audit", params={"pause_id": pause.pause_id})).json()["items"]

    assert [(e["event_type"], e["actor"]) for e in log] == [
        ("pause.responded", "human"),
        ("notification.sent", "system"),
        ("pause.created", "developer"),
    ]
    assert log[0]["detail"] == {"choice": "Approve", "has_text": False}
    assert log[2]["detail"] == {"channel": "sms", "recipient": "+15550100199"}
    assert {e["pause_request_id"] for e in log} == {pause.pause_id}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("event_type=pause.created", 1),
        ("from_date=2026-01-01", 2),
        ("from_date=2026-01-01T12:00:00Z&to_date=2026-01-01T12:00:00Z", 2),
        ("from_date=2026-01-01T13:00:00%2B01:00", 2),
        ("from_date=2026-01-01T13:00:00+01:00", 2),
        ("to_date=2026-01-01", 2),
        ("to_date=2025-12-31", 0),
        ("limit=1", 1),
    ],
)
async def test_the_audit_log_is_filtered(
    world: World, api: httpx2.AsyncClient, query: str, count: int
) -> None:
    await world.ask()

    assert len((await api.get(f"/v1/audit?{query}")).json()["items"]) == count


@pytest.mark.parametrize(
    "query", ["event_type=x", "pause_id=x", "from_date=yesterday", "to_date=9999-12-31", "limit=0"]
)
async def test_odd_audit_filters_never_crash(api: httpx2.AsyncClient, query: str) -> None:
    assert (await api.get(f"/v1/audit?{query}")).status_code in (200, 422)


async def test_twilios_callback_is_believed_only_if_signed(tmp_path: Path) -> None:
    token = "twilio auth token"
    settings = settings_of(
        tmp_path,
        PAUSEPOINT_TWILIO_ACCOUNT_SID="AC1",
        PAUSEPOINT_TWILIO_AUTH_TOKEN=token,
        PAUSEPOINT_TWILIO_FROM="+15550100100",
        PAUSEPOINT_PUBLIC_URL="https://pause.example.com",
    )
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        pause = await world.ask()
        await world.deliver_due()
        path = f"/v1/callbacks/twilio/{world.vendor.sent[0].delivery_id}"
        fields = {"MessageSid": "SM1", "MessageStatus": "delivered"}
        signature = RequestValidator(token).compute_signature(
            "https://pause.example.com" + path, fields
        )
        for wrong in ("", "AAAA", signature[:-2] + "x="):
            refused = await api.post(path, data=fields, headers={"X-Twilio-Signature": wrong})
            assert (refused.status_code, refused.json()["error"]) == (401, "INVALID_SIGNATURE")
        assert (await world.pause(pause.pause_id)).delivery_state == "sent"
        taken = await api.post(path, data=fields, headers={"X-Twilio-Signature": signature})
        assert taken.status_code == 204
        assert (await world.pause(pause.pause_id)).delivery_state == "delivered"


async def test_health_and_documents_need_no_key(api: httpx2.AsyncClient) -> None:
    del api.headers["Authorization"]
    for path in ("/health", "/health/live", "/health/ready", "/openapi.json", "/docs", "/"):
        assert (await api.get(path)).status_code == 200


async def test_readiness_goes_down_before_the_process_stops(
    world: World, api: httpx2.AsyncClient
) -> None:
    world.running.begin_stop()
    answer = await api.get("/health/ready")

    assert (answer.status_code, answer.json()["error"]) == (503, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "1"
    assert (await api.get("/health/live")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "NOT_FOUND"),
        ("GET", "/v1/pause/", 404, "NOT_FOUND"),
        ("GET", "/v1/pause/nonsense", 404, "PAUSE_NOT_FOUND"),
        ("PUT", "/v1/pause", 405, "METHOD_NOT_ALLOWED"),
        ("OPTIONS", "/v1/pause", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/static/../config.py", 404, "NOT_FOUND"),
        ("DELETE", "/v1/webhooks/%00", 404, "NOT_FOUND"),
        ("GET", "/v1/webhooks/a%00b/deliveries", 404, "NOT_FOUND"),
        ("POST", "/v1/callbacks/twilio/dlv_1", 404, "NOT_FOUND"),
    ],
)
async def test_every_mistake_has_the_one_shape(
    api: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await api.request(method, path)

    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert set(answer.json()) == {"error", "message", "status_code"}
    if status == 405:
        assert "GET" in answer.headers["allow"]


async def test_a_wrong_content_type_is_415(api: httpx2.AsyncClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = await api.post("/v1/pause", content=b"{}", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_a_body_over_the_limit_is_413(api: httpx2.AsyncClient) -> None:
    answer = await api.post("/v1/webhooks", json={"url": "x" * 65_536})

    assert (answer.status_code, answer.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_crash_inside_tells_nothing_of_the_inside(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> None:
        raise ZeroDivisionError("secret inside")

    app = create_app(replace(world.services, readiness=broken), world.running.inbox)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as api:
        answer = await api.get("/health/ready")

    assert (answer.status_code, answer.json()["error"]) == (500, "INTERNAL_ERROR")
    assert answer.json()["message"] == InternalError.sentence
    capsys.readouterr()


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.example.com", "", "[::2]"])
async def test_dev_answers_for_this_machines_names_only(api: httpx2.AsyncClient, host: str) -> None:
    for path in ("/dev/inbox", "/health", "/v1/pause"):
        answer = await api.get(path, headers={"Host": host})
        assert (answer.status_code, answer.json()["error"]) == (421, "HOST_NOT_ALLOWED")
    assert (await api.get("/dev/inbox", headers={"Host": "localhost:1"})).status_code == 200


async def test_a_tunnel_to_dev_gets_the_page_and_never_the_inbox(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, PAUSEPOINT_PUBLIC_URL="https://tunnel.example.com")
    async with a_world(tmp_path, settings) as world, an_api(world) as api:
        tunnel = {"Host": "tunnel.example.com"}
        assert (await api.get("/health", headers=tunnel)).status_code == 200
        for path in ("/dev/inbox", "/dev/inbox/messages"):
            assert (await api.get(path, headers=tunnel)).status_code == 421
            assert (await api.get(path)).status_code == 200


async def test_the_inbox_shows_what_a_test_key_sent(world: World, api: httpx2.AsyncClient) -> None:
    mail = {"channel": "email", "recipient": "bob@example.com"}
    await world.ask(Mode.TEST, message="Is this on?")
    await world.deliver_due()
    await world.ask(Mode.TEST, **mail)
    await world.deliver_due()
    page = await api.get("/dev/inbox")
    news = (await api.get("/dev/inbox/messages", params={"after": 1})).json()

    assert "Is this on?" in page.text
    assert news["last"] == 2
    assert "Is this on?" not in news["html"]
    assert len(news["states"]) == 2
    frame = await api.get("/dev/inbox/mail/2")
    assert "Approve" in frame.text
    assert "sandbox" in frame.headers["content-security-policy"]
    for number in ("1", "3", "x"):
        assert (await api.get(f"/dev/inbox/mail/{number}")).status_code == 404


async def test_the_note_is_wherever_the_choice_is(world: World, api: httpx2.AsyncClient) -> None:
    note = "only the old ones"
    await api.post("/v1/webhooks", json=WEBHOOK)
    pause = await world.ask(
        allow_text_response=True,
        callback_url="https://example.com/run",
        callback_secret=WEBHOOK["secret"],
    )
    token = respond_url(world.services, pause).rpartition("/")[2]
    answered = await api.post(f"/v1/respond/{token}", json={"choice": "Approve", "text": note})
    await world.deliver_due()
    [listed] = (await api.get("/v1/pause")).json()["items"]
    polled = (await api.get(f"/v1/pause/{pause.pause_id}", params={"wait": 1})).json()
    async with a_stream(world, "/v1/events?types=pause.responded", last_event_id="0") as stream:
        [told] = await stream.events(1)
    log = (await api.get("/v1/audit?event_type=pause.responded")).json()["items"]

    for seen in (answered.json(), listed, polled):
        assert (seen["response_choice"], seen["response_text"]) == ("Approve", note)
    for body in [told.fields["data"], *(body.decode() for _, _, body in world.receiver.got)]:
        assert f'"choice":"Approve","text":"{note}"' in body
    assert {url for url, _, _ in world.receiver.got} == {WEBHOOK["url"], "https://example.com/run"}
    assert note in (await api.get(f"/respond/{token}")).text
    assert log[0]["detail"] == {"choice": "Approve", "has_text": True}


async def test_a_crowd_that_registers_at_once_is_turned_away_quickly(
    api: httpx2.AsyncClient,
) -> None:
    people = [
        {"email": f"p{number}@example.com", "name": "P", "password": "long enough"}
        for number in range(60)
    ]
    answers = await asyncio.gather(*(api.post("/v1/auth/register", json=one) for one in people))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 34, 503: 26}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert (refused.json()["error"], refused.headers["retry-after"]) == ("UNAVAILABLE", "1")
    late = {"email": "late@example.com", "name": "Late", "password": "long enough"}
    assert (await api.post("/v1/auth/register", json=late)).status_code == 201
