"""No 201 leaves before its commit is on the disk: seen from outside, by what the program asks the system."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Final

from tests.e2e.api import Api
from tests.e2e.server import LIMITS_OFF, PROGRAM, Server

CREATES: Final = 50
STRACE: Final = shutil.which("strace")

# Whole calls, and calls that were begun in one thread and went on when another had been shown.
SYNCED: Final = re.compile(r"(?:fdatasync|fsync)(?:\(\d+| resumed>)\) += 0")
CREATED: Final = re.compile(r"(?:write|writev|sendto|sendmsg)\(\d+, .*HTTP/1\.1 201")


def test_each_201_follows_a_sync_of_its_own(tmp_path: Path) -> None:
    assert STRACE, "strace is needed: apt-get install strace"
    trace = tmp_path / "trace"
    calls = "trace=fdatasync,fsync,write,writev,sendto,sendmsg"
    server = Server(tmp_path, **LIMITS_OFF)
    server.program = (STRACE, "-D", "-f", "-qq", "-s", "64", "-e", calls, "-o", str(trace), PROGRAM)
    with server, Api(server.base_url, server.test_api_key) as api:
        for _ in range(CREATES):
            api.create()
    synced, unsynced, answered = False, 0, 0
    for line in trace.read_text("utf-8", "replace").splitlines():
        if SYNCED.search(line):
            synced = True
        elif CREATED.search(line):
            answered += 1
            unsynced += not synced
            synced = False
    assert (answered, unsynced) == (CREATES, 0)
