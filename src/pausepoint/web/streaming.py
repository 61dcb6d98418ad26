"""An answer that is written bit by bit, on a connection that is held open meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from starlette.responses import Response

HEARTBEAT: Final = timedelta(seconds=15)
"""Shorter than the usual proxy waits for a byte."""


class HeldOpen(Response):
    """A subclass writes, head and body, in its `__call__`. Nothing in between may keep it back."""

    def __init__(self, content_type: str) -> None:
        self.status_code = 200
        self.background = None
        self.body = b""
        self.raw_headers = [
            (b"content-type", content_type.encode("ascii")),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),  # nginx would wait until it has a whole buffer
        ]
