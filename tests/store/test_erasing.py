"""Erased content is gone from the API's answers, from the tables, and from the file's bytes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from pausepoint.config.settings import Settings
from pausepoint.domain.action import new_action
from pausepoint.domain.errors import PauseStillPending
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.domain.retention import AUDIT_KEPT_AT_LEAST
from pausepoint.operations.cancel_pause import cancel_pause
from pausepoint.operations.erase_content import BATCH, erase_content, erase_old, purge_audit
from pausepoint.operations.respond_to_pause import respond_to_pause, respond_url
from pausepoint.security.api_keys import hash_api_key
from pausepoint.store.contents import GET_ACTION
from pausepoint.store.statements import Parameters, Statement
from tests.doubles.postgres import PostgresServer
from tests.harness import ASKED, World, a_world, an_api, settings_of

pytestmark = pytest.mark.anyio

Json = dict[str, Any]


async def answered(world: World, **changes: Any) -> str:
    pause = await world.ask(allow_text_response=True, **changes)
    token = respond_url(world.services, pause).rpartition("/")[2]
    await respond_to_pause(world.services, token, "Approve", "a note of the person")
    return pause.pause_id


async def person_keys(settings: Settings) -> dict[str, str | None]:
    """Of each pause the keyed hash of who was asked, as the database has it."""
    sql = "SELECT pause_id, person_key FROM pauses"
    if settings.is_sqlite:
        with closing(sqlite3.connect(settings.database_path)) as connection:
            return dict(connection.execute(sql).fetchall())
    connection = await asyncpg.connect(settings.database_url)
    try:
        return dict(map(tuple, await connection.fetch(sql)))
    finally:
        await connection.close()


async def test_the_content_goes_and_the_rest_stays(world: World) -> None:
    asked = {**ASKED, "metadata": {"invoice": 2281}, "allow_text_response": True}
    asked["action"] = {"tool": "Bash", "arguments": {"command": "rm -rf build"}}
    async with an_api(world) as api:
        made = (await api.post("/v1/pause", json=asked)).json()
        path = f"/v1/pause/{made['pause_id']}"
        refused = await api.delete(f"{path}/content")
        assert (refused.status_code, refused.json()["error"]) == (409, "PAUSE_PENDING")
        pause = await world.pause(made["pause_id"])
        token = respond_url(world.services, pause).rpartition("/")[2]
        await respond_to_pause(world.services, token, "Approve", "a note of the person")
        before = (await api.get(f"/v1/audit?pause_id={made['pause_id']}")).json()["items"]

        erased = (await api.delete(f"{path}/content")).json()

        assert (await api.get(path)).json() == erased
        gone = ("recipient", "message", "options", "metadata", "response_text", "response_choice",
                "action", "action_sha256", "timeout_default")  # fmt: skip
        assert [name for name in gone if erased[name] is not None] == []
        assert (erased["status"], erased["resolved_by"]) == ("responded", "human")
        after = (await api.get(f"/v1/audit?pause_id={made['pause_id']}")).json()["items"]
        assert after[0]["event_type"] == "pause.erased"
        assert [item["id"] for item in after[1:]] == [item["id"] for item in before]
        assert "+15550100199" not in str(after)
        # Once more changes nothing, and says nothing more.
        assert (await api.delete(f"{path}/content")).json() == erased
        assert (await api.get(f"/v1/audit?pause_id={made['pause_id']}")).json()["items"] == after
        page = await api.get(f"/respond/{token}")
        assert page.status_code == 200
        assert "Wire it?" not in page.text
        listed = (await api.get("/v1/pause")).json()["items"]
        assert listed[0]["message"] is None


async def test_another_account_erases_nothing(world: World) -> None:
    pause_id = await answered(world)
    async with an_api(world, world.alice.test_key) as api:
        assert (await api.delete(f"/v1/pause/{pause_id}/content")).status_code == 404
        assert (await api.delete("/v1/pause/psr_1/content")).status_code == 404
    assert (await world.pause(pause_id)).content is not None


async def test_nothing_says_any_more_that_two_pauses_asked_the_same_person(
    world: World, settings: Settings
) -> None:
    erased, kept = await answered(world), await answered(world)
    keys = await person_keys(settings)
    assert keys[erased] == keys[kept] is not None
    await erase_content(world.services, world.principal(), erased)
    assert await person_keys(settings) == {erased: None, kept: keys[kept]}
    # Those that wait are still counted for the person.
    assert (await world.ask()).status == "pending"
    contact = Contact("sms", "+15550100199")
    developer_id = world.alice.developer.developer_id
    assert await world.services.store.count_waiting(developer_id, contact) == 1


async def test_ten_at_once_erase_once(world: World) -> None:
    pause_id = await answered(world)
    principal = await world.services.store.principal(hash_api_key(world.alice.live_key))
    assert principal is not None
    await asyncio.gather(*(erase_content(world.services, principal, pause_id) for _ in range(10)))
    assert (await world.audit(pause_id)).count("pause.erased") == 1


async def test_an_event_that_still_waits_is_told_without_content(world: World) -> None:
    async with an_api(world) as api:
        hook = {
            "url": "https://example.com/hook",
            "events": ["pause.responded"],
            "secret": "0123456789abcdef",
        }
        await api.post("/v1/webhooks", json=hook)
        pause_id = await answered(world)
        assert (await api.delete(f"/v1/pause/{pause_id}/content")).status_code == 200
    while await world.deliver_due():
        pass
    [(_, _, body)] = world.receiver.got
    assert b"a note of the person" not in body
    assert b'"choice":null' in body.replace(b" ", b"")


async def test_what_is_old_and_has_ended_is_erased_by_age(world: World) -> None:
    old = [await answered(world) for _ in range(3)]
    waiting = (await world.ask(timeout_hours=2400)).pause_id
    world.clock.advance(timedelta(days=31))
    young = await answered(world)
    assert await erase_old(world.services, timedelta(days=30)) == 3
    assert [(await world.pause(pause_id)).content for pause_id in old] == [None] * 3
    assert (await world.pause(waiting)).content is not None
    assert (await world.pause(young)).content is not None
    assert await erase_old(world.services, timedelta(days=30)) == 0


async def test_many_are_erased_in_batches(world: World) -> None:
    principal = world.principal()
    for _ in range(BATCH + 5):
        pause = await world.ask()
        await cancel_pause(world.services, principal, pause.pause_id)
    world.clock.advance(timedelta(days=2))
    assert await erase_old(world.services, timedelta(days=1)) == BATCH + 5


async def test_the_audit_log_is_purged_by_age_and_says_so(world: World) -> None:
    first = await answered(world)
    world.clock.advance(timedelta(days=200))
    second = await answered(world)
    entries = len(await world.audit(first)) + 1  # the account's own
    assert await purge_audit(world.services, timedelta(days=183)) == entries
    assert await world.audit(first) == []
    assert (await world.audit(second))[0] == "pause.created"
    assert (await world.audit(mode=Mode.LIVE))[-1] == "audit.purged"
    assert await purge_audit(world.services, timedelta(days=183)) == 0
    async with an_api(world) as api:
        gone = await api.get("/v1/events", headers={"Last-Event-ID": "1"})
        assert (gone.status_code, gone.json()["error"]) == (410, "EVENTS_GONE")


async def test_no_audit_entry_goes_before_the_legal_minimum(world: World) -> None:
    pause_id = await answered(world)
    entries = await world.audit(pause_id)
    world.clock.advance(AUDIT_KEPT_AT_LEAST)
    with pytest.raises(ValueError, match="183 days"):
        await purge_audit(world.services, AUDIT_KEPT_AT_LEAST - timedelta(milliseconds=1))
    assert await world.audit(pause_id) == entries


async def test_a_pending_pause_is_never_erased(world: World) -> None:
    pause = await world.ask()
    principal = await world.services.store.principal(hash_api_key(world.alice.live_key))
    assert principal is not None
    with pytest.raises(PauseStillPending):
        await erase_content(world.services, principal, pause.pause_id)


async def test_an_erasure_between_the_two_reads_of_a_look_harms_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The action's arguments are read after the pause."""
    pause = await world.ask(action=new_action("Bash", {"command": "rm -rf build"}))
    await cancel_pause(world.services, world.principal(), pause.pause_id)
    store: Any = world.running.store
    read = store._one

    async def overtaken(statement: Statement, parameters: Parameters) -> Any:
        if statement is GET_ACTION:
            monkeypatch.undo()
            await erase_content(world.services, world.principal(), pause.pause_id)
        return await read(statement, parameters)

    monkeypatch.setattr(store, "_one", overtaken)
    seen = await world.services.store.pause(pause.pause_id)
    assert seen is not None
    assert seen.content is not None
    assert seen.content.action is not None
    assert seen.content.action.arguments_json is None
    assert (await world.pause(pause.pause_id)).content is None


async def test_sqlites_files_hold_none_of_its_bytes(tmp_path: Path) -> None:
    async with a_world(tmp_path) as world:
        files = [tmp_path / f"test.db{end}" for end in ("", "-wal")]
        long = "x" * 1900
        pause_id = await answered(world, message=long)
        others = [await answered(world, message=long) for _ in range(50)]
        sealed = _sealed_in(world, pause_id)
        assert any(blob in file.read_bytes() for file in files for blob in sealed)
        principal = await world.services.store.principal(hash_api_key(world.alice.live_key))
        assert principal is not None
        await erase_content(world.services, principal, pause_id)
        held = b"".join(file.read_bytes() for file in files)
        assert [blob for blob in sealed if blob[:40] in held or blob[-40:] in held] == []
        assert files[1].stat().st_size == 0
        assert (await world.pause(others[-1])).content is not None


@pytest.fixture
async def on_postgresql(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    settings = settings_of(tmp_path, PAUSEPOINT_DATABASE_URL=database_url)
    async with a_world(tmp_path, settings) as made:
        yield made


async def test_postgresqls_files_hold_none_of_its_bytes_after_vacuum(
    on_postgresql: World, postgres: PostgresServer, database_url: str
) -> None:
    world, base = on_postgresql, postgres.data / "base"
    pause_id = await answered(world)
    connection = await asyncpg.connect(database_url)
    try:
        rows = await connection.fetch("SELECT sealed FROM contents WHERE pause_id = $1", pause_id)
        sealed = [bytes(row[0]) for row in rows]
        await connection.execute("CHECKPOINT")
        assert any(_found(base, blob) for blob in sealed)
        principal = await world.services.store.principal(hash_api_key(world.alice.live_key))
        assert principal is not None
        await erase_content(world.services, principal, pause_id)
        await connection.execute("VACUUM FULL contents")
        await connection.execute("CHECKPOINT")
        assert [blob for blob in sealed if _found(base, blob)] == []
    finally:
        await connection.close()


def _sealed_in(world: World, pause_id: str) -> list[bytes]:
    store: Any = world.running.store
    rows = store._reader.execute(
        "SELECT sealed FROM contents WHERE pause_id = ?", (pause_id,)
    ).fetchall()
    return [row[0] for row in rows]


def _found(folder: Path, blob: bytes) -> bool:
    return any(blob in file.read_bytes() for file in folder.rglob("*") if file.is_file())
