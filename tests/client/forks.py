"""Uses one client before a fork, in the child and in the parent: `forks.py KIND BASE_URL [given]`."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import httpx2

from pausepoint.client import AsyncPausePoint, ClientMisused, PausePoint

KIND, BASE_URL, *REST = sys.argv[1:]


def look(client: Any, name: str) -> None:
    if KIND == "sync":
        client.get(name)
    else:
        asyncio.run(client.get(name))


def made() -> Any:
    given: Any = {}
    if REST:
        given["http"] = httpx2.Client() if KIND == "sync" else httpx2.AsyncClient()
    return (PausePoint if KIND == "sync" else AsyncPausePoint)("key", BASE_URL, **given)


pausepoint = made()
look(pausepoint, "before")
child = os.fork()
if child == 0:
    try:
        look(pausepoint, "child")
        look(pausepoint, "child") if KIND == "sync" else None
        os._exit(0)
    except ClientMisused as error:
        print(error.message, flush=True)
        os._exit(7)
_, status = os.waitpid(child, 0)
if KIND == "sync":
    look(pausepoint, "after")
print(os.waitstatus_to_exitcode(status))
