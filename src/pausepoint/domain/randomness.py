"""Random bytes of the operating system, fetched many at a time."""

from __future__ import annotations

import os
from collections import deque
from typing import Final

BYTES: Final = 16
_AT_ONCE: Final = 256

_pool: deque[bytes] = deque()
# A process that was forked off must not hand out what its parent hands out.
os.register_at_fork(after_in_child=_pool.clear)


def random_bytes() -> bytes:
    """16 random bytes, unique in this process.

    To ask the system each time lets go of the interpreter's lock each time, and to get it back
    takes longer than anything else in a request.
    """
    while True:
        try:
            return _pool.pop()  # atomic: no two threads get the same
        except IndexError:
            block = os.urandom(BYTES * _AT_ONCE)
            _pool.extend(block[i : i + BYTES] for i in range(0, len(block), BYTES))
