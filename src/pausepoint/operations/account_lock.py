"""One lock for each account: held by what counts an account's records and then adds one.

Without it concurrent requests would all count before any of them writes. It holds in this process
only: with `n` processes a cap may be exceeded by `n` - 1.
"""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakValueDictionary

_locks: Final[WeakValueDictionary[str, asyncio.Lock]] = WeakValueDictionary()


def account_lock(developer_id: str) -> asyncio.Lock:
    return _locks.setdefault(developer_id, asyncio.Lock())
