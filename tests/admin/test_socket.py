"""The operator's socket: every line gets an answer, and an answer may be long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from pausepoint.admin.commands import AdminError
from pausepoint.admin.socket import AdminSocket, ask_server, socket_path
from pausepoint.domain.mode import Mode
from pausepoint.domain.pause import Contact
from pausepoint.operations.recipients import put_recipient
from tests.harness import World

pytestmark = pytest.mark.anyio

CREATE = {
    "account": "alice@example.com",
    "mode": "live",
    "name": "ci",
    "scopes": [],
    "networks": [],
}


@pytest.fixture
async def database(world: World, tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "admin.db"
    admin = AdminSocket(world.services, path)
    await admin.open()
    yield path
    await admin.close()


async def answer_to(database: Path, sent: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(str(socket_path(database)))
    writer.write(sent)
    await writer.drain()
    writer.write_eof()
    async with asyncio.timeout(10):
        answer: dict[str, Any] = json.loads(await reader.read())
    writer.close()
    return answer


def command(name: object, arguments: object) -> bytes:
    return json.dumps({"command": name, "arguments": arguments}).encode() + b"\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"\n", b"{}\n", b"[]\n", b"5\n", b'"x"\n', b"null\n", b"\xff\xfe\n", b"GET / HTTP/1.1\r\n\r\n",
        b"[" * 60_000 + b"\n",
        b"x" * 200_000 + b"\n",
        b"x" * 2_000_000,
        command("none", {}),
        command(["accounts.list"], {}),
        command("accounts.list", 5),
        command("accounts.list", {"x": 1}),
        command("accounts.create", {"email": 5, "name": 5}),
        command("accounts.create", {"email": "b@example.com", "name": 5}),
        command("accounts.disable", {"account": 5, "disabled": True}),
        command("keys.create", CREATE | {"days": 1e300}),
        command("keys.create", CREATE | {"days": 10**9}),
        command("keys.create", CREATE | {"days": "x"}),
        command("keys.create", CREATE | {"days": 1, "scopes": ["none"]}),
        command("keys.create", CREATE | {"days": 1, "networks": ["none"]}),
        command("recipients.add", {"account": "alice@example.com", "channel": "email", "address": 5}),
        command("recipients.lift", {"mute_id": {}}),
    ],
    ids=lambda sent: repr(sent[:60]),
)  # fmt: skip
async def test_whatever_is_sent_has_an_answer(database: Path, sent: bytes) -> None:
    answer = await answer_to(database, sent)
    assert set(answer) == {"error"} or answer == {"ok": {"mute_id": {}, "changed": False}}
    accounts = await ask_server(database, "accounts.list", {})
    assert accounts is not None
    assert [each["email"] for each in accounts["items"]] == ["alice@example.com"]


async def test_a_long_answer_is_read_whole(world: World, database: Path) -> None:
    developer_id = world.alice.developer.developer_id
    for number in range(600):
        contact = Contact("email", f"person{number}@example.com")
        await put_recipient(world.services, developer_id, Mode.LIVE, contact)
    listed = await ask_server(database, "recipients.list", {"account": "alice@example.com"})
    assert listed is not None
    assert len(listed["items"]) == 600


async def test_a_server_that_hangs_up_is_told(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    database = tmp_path / "admin.db"
    server = await asyncio.start_unix_server(hang_up, str(socket_path(database)))
    with pytest.raises(AdminError, match="no answer"):
        await ask_server(database, "accounts.list", {})
    server.close()


async def test_a_file_system_without_sockets_is_warned_of(world: World, tmp_path: Path) -> None:
    path = tmp_path / "admin.db"
    socket_path(path).mkdir()  # what cannot be bound, as every name on CIFS
    admin = AdminSocket(world.services, path)
    with capture_logs() as lines:
        await admin.open()
    await admin.close()

    [line] = lines
    assert line["log_level"] == "warning"
    assert "work only while the server is stopped" in line["event"]
    assert line["path"] == str(socket_path(path))
    assert socket_path(path).is_dir()
