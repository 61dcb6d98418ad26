"""A stolen database: every file of it searched for every secret that went in. Without the key there is none."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from pausepoint.config.settings import Settings
from pausepoint.domain.mode import Mode
from pausepoint.lifecycle.bootstrap import open_service
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.register_developer import register_developer
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.operations.time_out_pauses import time_out_pauses
from pausepoint.store.backup import back_up
from pausepoint.store.vault import WrongSecretKey
from pausepoint.testing import FakeClock
from tests.doubles.postgres import PostgresServer
from tests.harness import SECRET, World, a_world, an_api, settings_of

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
HEAD = 8
RULES = """
hooks:
  - account: alice@example.com
    recipient: ruled-marker@example.com
    channel: email
    rules:
      - tools: [Deploy]
        wait: defer
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.close()


class Place:
    """Settings, the folder in which the database lies, and how a backup is made of it.

    `before` is what its files held before anything was put in.
    """

    def __init__(self, settings: Settings, folder: Path, back_up: Callable[[Path], object]) -> None:
        self.settings, self.folder, self.back_up = settings, folder, back_up
        self.before = contents_of(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        settings = settings_of(tmp_path, PAUSEPOINT_HOOKS=RULES)
        database = settings.database_path
        return Place(settings, tmp_path, lambda target: back_up(database, target, lambda _: None))
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.create_database()
    settings = settings_of(
        tmp_path, PAUSEPOINT_DATABASE_URL=postgres.url(name), PAUSEPOINT_HOOKS=RULES
    )
    # Its own log is no part of the database.
    return Place(
        settings, postgres.data, lambda target: target.write_text(postgres.dump(name), "utf-8")
    )


@pytest.fixture
async def world(place: Place, tmp_path: Path) -> AsyncIterator[World]:
    async with a_world(tmp_path, place.settings) as made:
        yield made


async def a_life(world: World, api: httpx2.AsyncClient, halfway: Callable[[], object]) -> set[str]:
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
    secrets |= await _asked_by_a_rule(world, api)
    for number in range(ROUNDS):
        if number == ROUNDS // 2:
            halfway()
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


async def _asked_by_a_rule(world: World, api: httpx2.AsyncClient) -> set[str]:
    """Of the operator's rules a database knows whom they made PausePoint ask, and what about."""
    call = {
        "session_id": "session-marker",
        "cwd": "/home/folder-marker",
        "hook_event_name": "PreToolUse",
        "tool_name": "Deploy",
        "tool_input": {"command": "ruled-command-marker"},
        "tool_use_id": "toolu-marker",
    }
    decided = await api.post("/v1/hooks/claude-code", json=call)
    assert decided.json()["hookSpecificOutput"]["permissionDecision"] == "defer"
    [pause] = (await api.get("/v1/pause")).json()["items"]
    assert pause["recipient"] == "ruled-marker@example.com"
    await cancel_pause(world.services, world.principal(), pause["pause_id"])
    return {
        "ruled-marker", "ruled-command-marker", "folder-marker", "session-marker", "toolu-marker",
    }  # fmt: skip


def shapes(secret: str) -> dict[str, bytes]:
    """Each needs only to be found anywhere in what holds the secret."""
    raw = secret.encode()
    return {
        "as it is": raw,
        "UTF-16": secret.encode("utf-16-le"),
        "UTF-16, high byte first": secret.encode("utf-16-be"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
        "percent-encoded": quote(secret, safe="").encode(),
        "percent-encoded in small letters": quote(secret, safe="").lower().encode(),
    } | {
        f"{name} after {before} bytes": _in_base64(encode, raw, before)
        for name, encode in BASE64.items()
        for before in range(3)
    }


BASE64 = {"base64": base64.b64encode, "base64url": base64.urlsafe_b64encode}


def _in_base64(encode: Callable[[bytes], bytes], raw: bytes, before: int) -> bytes:
    """Those characters that depend on `raw` alone, where so many bytes (modulo 3) precede it."""
    whole = (before + len(raw)) // 3 * 4
    return encode(bytes(before) + raw)[(0, 2, 3)[before] : whole]


def contents_of(folder: Path) -> set[bytes]:
    return {file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def searched(contents: set[bytes]) -> bytes:
    """All of them, with long rows of zeros shortened: no shape has such a row."""
    return b"\n".join(re.sub(rb"\0{64,}", bytes(64), content) for content in contents)


def found_in(stolen: bytes, secrets: set[str]) -> list[tuple[str, str]]:
    """The secrets, and their shapes. Only those are looked for whose first bytes are anywhere."""
    wanted = [
        (secret, shape, needle) for secret in secrets for shape, needle in shapes(secret).items()
    ]
    assert min(len(needle) for _, _, needle in wanted) >= HEAD
    heads = {needle[:HEAD] for _, _, needle in wanted}
    there = {head for at in range(len(stolen)) if (head := stolen[at : at + HEAD]) in heads}
    return [
        (secret, shape)
        for secret, shape, needle in wanted
        if needle[:HEAD] in there and needle in stolen
    ]


@pytest.mark.parametrize("before", range(4))
def test_a_secret_is_found_in_every_shape(before: int) -> None:
    secret = "mailbox-marker-7+a@example.com"
    held = "x" * before + secret + "yz"
    raw = held.encode()
    kept = [
        raw, held.encode("utf-16-le"), held.encode("utf-16-be"), raw.hex().encode(),
        raw.hex().upper().encode(), quote(held).encode(), quote(held).lower().encode(),
        base64.b64encode(raw), base64.urlsafe_b64encode(raw),
    ]  # fmt: skip
    assert [each for each in kept if not found_in(b"0" * 99 + each, {secret})] == []
    other = base64.b64encode(held.replace("marker", "market").encode())
    assert found_in(other, {secret}) == []


async def test_a_stolen_database_tells_nothing_without_the_key(
    world: World, place: Place, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    async with an_api(world) as api:
        secrets = await a_life(world, api, lambda: place.back_up(backups / "kept"))
        place.back_up(backups / "last")
        # That the search finds what is there: an id is no secret.
        pauses = (await api.get("/v1/pause?limit=100")).json()["items"]
        stolen = searched((contents_of(place.folder) | contents_of(backups)) - place.before)
        assert found_in(stolen, {pauses[0]["pause_id"]}) != []
        kept = (backups / "kept").read_bytes()
        assert pauses[-1]["pause_id"].encode() in kept
        assert pauses[0]["pause_id"].encode() not in kept
        assert found_in(stolen, secrets) == []
        assert len(secrets) > 6 * ROUNDS


async def test_passwords_are_kept_by_argon2id(world: World) -> None:
    await register_developer(world.services, "bob@example.com", "Bolt", "correct horse")
    developer = await world.services.store.developer_by_email("bob@example.com")
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
