"""The JSON-RPC envelope: answers and errors as both eras of the protocol have them."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .api import Json

    RequestId: TypeAlias = int | str

VERSION = "0.1.0"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

SERVER_INFO: Json = {"name": "pausepoint", "title": "PausePoint", "version": VERSION}
_SERVER_KEY = "io.modelcontextprotocol/serverInfo"


def success(request_id: RequestId, result: Json, *, is_stateless: bool) -> Json:
    """The message that answers a request."""
    if is_stateless:
        result = {**result, "resultType": "complete", "_meta": {_SERVER_KEY: SERVER_INFO}}
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def error(request_id: RequestId | None, code: int, message: str, data: Json | None = None) -> Json:
    """A JSON-RPC error message; `request_id` is None where the request's id is not known."""
    problem: Json = {"code": code, "message": message}
    if data is not None:
        problem["data"] = data
    return {"jsonrpc": "2.0", "id": request_id, "error": problem}


def parsed(raw: bytes) -> object:
    """Decode a client's message. Raises `ValueError`, `RecursionError`."""
    message: object = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
    return message


def encoded(message: Json | list[Json]) -> bytes:
    """A message on one line. ASCII is UTF-8 too, and half a character in an id cannot break it."""
    return json.dumps(message, separators=(",", ":")).encode("ascii")


def meta_of(params: Json) -> Json:
    """The `_meta` of a request's parameters, empty where there is none."""
    meta = params.get("_meta")
    return meta if isinstance(meta, dict) else {}


def id_of(value: object) -> RequestId | None:
    """A request's id or a progress token; None for what is none."""
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    return None


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
