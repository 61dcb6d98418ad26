"""JSON answers: a body that is encoded already, and the two headers that go with it."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

_TYPE: Final = (b"content-type", b"application/json")

_encode = msgspec.json.Encoder().encode


class JsonResponse(Response):
    """Made without what Starlette's own does for bodies of any type and headers of any case."""

    media_type = "application/json"

    def __init__(self, answer: Any, status: int = 200) -> None:
        self.status_code = status
        self.background = None
        self.body = _encode(answer)
        self.raw_headers = [_TYPE, (b"content-length", b"%d" % len(self.body))]
