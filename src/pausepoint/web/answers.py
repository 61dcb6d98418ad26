"""JSON answers: a body that is encoded already, and the headers that go with it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

_TYPE: Final = (b"content-type", b"application/json")
NO_STORE: Final = (b"cache-control", b"no-store")
"""Answers hold keys, links and what people wrote: no cache in between may keep them."""

_encode = msgspec.json.Encoder().encode


class JsonResponse(Response):
    """Made without what Starlette's own does for bodies of any type and headers of any case."""

    media_type = "application/json"

    def __init__(self, answer: Any, status: int = 200) -> None:
        self.status_code = status
        self.background = None
        self.body = _encode(answer)
        self.raw_headers = [_TYPE, NO_STORE, (b"content-length", b"%d" % len(self.body))]
