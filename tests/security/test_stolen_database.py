"""A stolen database: every file of it searched for every secret that went in. Without the key there is none."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.doubles.postgres import PostgresServer
from tests.harness import SECRET, World, a_world, an_api, settings_of

from pausepoint.bootstrap import open_service
from pausepoint.config import Settings
from pausepoint.domain.pause import Mode
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.store.vault import WrongSecretKey
from pausepoint.testing import FakeClock

pytestmark = pytest.mark.anyio

PASSWORD = "password-marker-4711"
SECRETS = {
    "webhook": "webhook-secret-marker",
    "callback": "callback-secret-marker",
}
WORDS = {
    "message": "message-marker {}",
    "option": "option-marker {}",
    "note": "note-marker {}",
    "metadata": "metadata-marker {}",
    "command": "command-marker {}",
    "idempotency": "idempotency-marker-{}",
}
RECIPIENTS = {
    "sms": "+1555010{:04d}",
    "email": "mailbox-marker-{}@example.com",
    "slack": "https://hooks.slack.com/services/T0/B0/slackmarker{}",
}
ROUNDS = 40


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


class Place:
    """Settings, and the folders in which the database lies."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings, self.folder = settings, folder


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(settings_of(tmp_path), tmp_path)
    postgres: PostgresServer = request.getfixturevalue("postgres")
    url = postgres.url(postgres.create_database())
    # Its own log is no part of the database.
    return Place(settings_of(tmp_path, PAUSEPOINT_DATABASE_URL=url), postgres.data)


@pytest.fixture
async def world(place: Place, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, place.settings) as made:
        yield made


async def a_life(world: World, api: httpx2.AsyncClient) -> set[str]:
    """Everything that can be put in, much of it changed and removed again; what must not be found."""
    secrets = {SECRET, PASSWORD, *SECRETS.values(), world.alice.live_key, world.alice.test_key}
    person = {"email": "login-marker@example.com", "name": "Name marker", "password": PASSWORD}
    registered = (await api.post("/v1/auth/register", json=person)).json()
    secrets |= {"login-marker", "Name marker", registered["api_key"], registered["test_api_key"]}
    hook = {"url": "https://example.com/hook-marker", "events": ["pause.responded"]}
    made = await api.post("/v1/webhooks", json=hook | {"secret": SECRETS["webhook"]})
    secrets.add("hook-marker")
    key = (await api.post("/v1/keys", json={"name": "more"})).json()["api_key"]
    secrets.add(key)
    for number in range(ROUNDS):
        secrets |= await _asked(world, api, number)
        while await world.deliver_due():
            pass
    await api.delete(f"/v1/webhooks/{made.json()['webhook_id']}")
    await api.post("/v1/auth/keys/rotate", headers={"Authorization": f"Bearer {key}"})
    return secrets


async def _asked(world: World, api: httpx2.AsyncClient, number: int) -> set[str]:
    words = {name: text.format(number) for name, text in WORDS.items()}
    channel = list(RECIPIENTS)[number % 3]
    recipient = RECIPIENTS[channel].format(number)
    other = RECIPIENTS["email"].format(f"fallback-{number}")
    asked: dict[str, Any] = {
        "recipient": recipient,
        "channel": channel,
        "message": words["message"],
        "options": [words["option"], "No"],
        "allow_text_response": True,
        "timeout_hours": 1,
        "metadata": {"what": words["metadata"]},
        "action": {"tool": "Bash", "arguments": {"command": words["command"]}},
        "callback_url": "https://example.com/callback-marker",
        "callback_secret": SECRETS["callback"],
        "fallback": [{"recipient": other, "channel": "email"}],
    }
    headers = {"Idempotency-Key": words["idempotency"]}
    made = await api.post("/v1/pause", json=asked, headers=headers)
    assert made.status_code == 201, made.text
    pause = await world.pause(made.json()["pause_id"])
    token = respond_url(world.services, pause).rpartition("/")[2]
    if number % 3 == 0:
        await respond_to_pause(world.services, token, words["option"], words["note"])
    elif number % 3 == 1:
        await cancel_pause(world.services, world.principal(), pause.pause_id)
    else:
        world.clock.advance(timedelta(hours=2))
        await time_out_pauses(world.services, [pause])
    if number % 5 == 0:
        erased = await api.delete(f"/v1/pause/{pause.pause_id}/content")
        assert erased.status_code == 200, erased.text
    plain = set(words.values()) if number % 3 == 0 else set(words.values()) - {words["note"]}
    return {*plain, recipient, other, token, "callback-marker"}


def shapes(secret: str) -> dict[str, bytes]:
    raw = secret.encode()
    return {
        "as it is": raw,
        "UTF-16": secret.encode("utf-16-le"),
        "hex": raw.hex().encode(),
        "base64": base64.b64encode(raw)[:-4],
        "base64url": base64.urlsafe_b64encode(raw)[:-4],
    }


async def test_a_stolen_database_tells_nothing_without_the_key(world: World, place: Place) -> None:
    async with an_api(world) as api:
        secrets = await a_life(world, api)
        # That the search finds what is there: an id is no secret.
        pauses = (await api.get("/v1/pause")).json()["items"]
        assert pauses
        files = b"".join(
            file.read_bytes() for file in sorted(place.folder.rglob("*")) if file.is_file()
        )
        assert pauses[0]["pause_id"].encode() in files
        found = [
            (secret, shape)
            for secret in secrets
            for shape, needle in shapes(secret).items()
            if needle in files
        ]
        assert found == []
        assert len(secrets) > 6 * ROUNDS


async def test_passwords_are_kept_by_argon2id(world: World) -> None:
    developer = await world.services.store.developer_by_email("alice@example.com")
    assert developer is not None
    assert developer.password_hash is not None
    kind, version, cost = developer.password_hash.split("$")[1:4]
    assert (kind, version) == ("argon2id", "v=19")
    parameters = dict(part.split("=") for part in cost.split(","))
    # OWASP's password storage cheat sheet asks for 19 MiB and two passes at the least.
    assert int(parameters["m"]) >= 19_456
    assert int(parameters["t"]) >= 2


async def test_the_key_is_changed_while_everything_stays_readable(tmp_path: Path) -> None:
    old, new = "o" * 40, "n" * 40
    async with a_world(tmp_path, settings_of(tmp_path, PAUSEPOINT_SECRET_KEY=old)) as world:
        pause = await world.ask()
        link = respond_url(world.services, pause)
    both = settings_of(tmp_path, PAUSEPOINT_SECRET_KEY=f"{new},{old}")
    running = await open_service(both, FakeClock())
    try:
        token = link.rpartition("/")[2]
        answered = await respond_to_pause(running.services, token, "Approve", None)
        assert answered.choice == "Approve"
    finally:
        await running.close()
    with pytest.raises(WrongSecretKey):
        await open_service(settings_of(tmp_path, PAUSEPOINT_SECRET_KEY=old), FakeClock())
    alone = await open_service(settings_of(tmp_path, PAUSEPOINT_SECRET_KEY=new), FakeClock())
    try:
        kept = await alone.services.store.pause(pause.pause_id)
        assert kept is not None
        assert kept.content is not None
        assert (kept.content.message, kept.mode) == ("Wire it?", Mode.LIVE)
    finally:
        await alone.close()
