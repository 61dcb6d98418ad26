"""The Model Context Protocol as PausePoint's server speaks it, without any input or output.

`receive(message, …)` takes one decoded message and says what it means:

- `Reply`: send `message` back;
- `ToolCall`: drive `call.steps(context)` and send back what it returns;
- `Cancellation`: forget the request of that id and say nothing more about it;
- `None`: nothing to do.

Driving the steps is the same in a thread, in an event loop and in a test::

    steps = call.steps(context)
    request = next(steps)
    while True:
        outcome = perform(request)            # an ApiAnswer or an ApiFailure
        try:
            request = steps.send(outcome)
        except StopIteration as done:
            return done.value                 # the message to send back

Two eras of the protocol are served, told apart by each request alone, so there is no session to
keep: in the handshake era (2024-11-05 to 2025-11-25) a connection opens with `initialize`; in the
stateless era (2026-07-28) each request names its version in `_meta`. Specification:
https://modelcontextprotocol.io/specification, pages Base protocol, Versioning, Tools, Progress,
Cancellation.
"""

from __future__ import annotations

from . import refusals, results
from .api import ApiFailure
from .arguments import ArgumentProblem, checked, is_idempotency_key
from .calls import TOOL_STEPS
from .tools import INSTRUCTIONS, tool_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .api import ApiRequest, Json, ToolSteps
    from .calls import CallContext

    RequestId: TypeAlias = int | str
    Received: TypeAlias = "Reply | ToolCall | Cancellation | None"

VERSION = "0.1.0"
HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS_VERSIONS = ("2026-07-28",)
DEFAULT_MAX_WAIT_SECONDS = 45
PROGRESS_SECONDS = 10

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
UNSUPPORTED_VERSION = -32022

_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
_SERVER_KEY = "io.modelcontextprotocol/serverInfo"
_TOOL_USE_KEY = "claudecode/toolUseId"

_SERVER = {"name": "pausepoint", "title": "PausePoint", "version": VERSION}
_CAPABILITIES: Json = {"tools": {}}
# The table changes with a new version of this program only, and is the same for everybody.
_CACHING: Json = {"ttlMs": 3_600_000, "cacheScope": "public"}


class Reply:
    """A message to send back at once."""

    __slots__ = ("message",)

    def __init__(self, message: Json) -> None:
        self.message = message


class Cancellation:
    """The client no longer wants the answer to the request of this id."""

    __slots__ = ("request_id",)

    def __init__(self, request_id: RequestId) -> None:
        self.request_id = request_id


class ToolCall:
    """A call of one of the five tools, its arguments not yet checked.

    `progress_token` is None when the client wants no progress notifications.
    """

    __slots__ = (
        "_arguments",
        "_is_stateless",
        "_meta",
        "_tool",
        "name",
        "progress_token",
        "request_id",
    )

    def __init__(
        self, request_id: RequestId, tool: Json, params: Json, *, is_stateless: bool
    ) -> None:
        self.request_id = request_id
        self.name: str = tool["name"]
        self._tool = tool
        self._arguments = params.get("arguments")
        self._meta = _meta_of(params)
        self._is_stateless = is_stateless
        self.progress_token = _id_of(self._meta.get("progressToken"))

    def steps(self, context: CallContext) -> ToolSteps:
        """Yields the API requests, is sent their outcomes, returns the message to send back."""
        try:
            values = checked(self._arguments, self._tool["inputSchema"])
            key = self._host_key()
            if key and self.name == "create_pause_request":
                values.setdefault("idempotency_key", key)
            result = yield from TOOL_STEPS[self.name](values, context)
        except ArgumentProblem as problem:
            result = results.failed(refusals.of_arguments(self.name, str(problem)))
        return self._answer(result)

    def refuse(self, sentence: str) -> Json:
        """The message that says as a tool error why the call was not begun."""
        return self._answer(results.failed(sentence))

    def progress(self, request: ApiRequest, seconds: float) -> Json | None:
        """The notification for a request that has been held for so many seconds.

        None when the client wants none or nobody is waited for. `progress` and `total` are seconds.
        """
        waiting = request.waiting
        if waiting is None or self.progress_token is None:
            return None
        waited = waiting.waited_seconds + seconds
        message = f"waiting for the person: {round(waited)} of {waiting.wait_seconds} s"
        if waiting.seconds_left is not None:
            left = results.duration_words(waiting.seconds_left - seconds)
            message += f", expires in {left}"
        params = {
            "progressToken": self.progress_token,
            "progress": round(waited, 3),
            "total": waiting.wait_seconds,
            "message": message,
        }
        return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}

    def _host_key(self) -> str | None:
        """A key from the host's own id of this call: its retry of the call is then no new one."""
        tool_use_id = self._meta.get(_TOOL_USE_KEY)
        if not isinstance(tool_use_id, str):
            return None
        key = f"tool-use-{tool_use_id}"
        return key if is_idempotency_key(key) else None

    def _answer(self, result: Json) -> Json:
        return _success(self.request_id, result, is_stateless=self._is_stateless)


def receive(message: object, *, max_wait_seconds: int = DEFAULT_MAX_WAIT_SECONDS) -> Received:
    """What one decoded message means; never raises. Batches are the caller's to take apart."""
    if not isinstance(message, dict):
        return Reply(error(None, INVALID_REQUEST, "A message must be a JSON object"))
    if "method" not in message and ("result" in message or "error" in message):
        return None
    request_id = _id_of(message.get("id"))
    method = message.get("method")
    if message.get("jsonrpc") != "2.0" or not isinstance(method, str):
        return Reply(error(request_id, INVALID_REQUEST, "Not a JSON-RPC 2.0 request"))
    params = message.get("params")
    if params is None:
        params = {}
    if "id" not in message:
        return _notified(method, params)
    if request_id is None:
        return Reply(error(None, INVALID_REQUEST, "id must be a string or an integer"))
    if not isinstance(params, dict):
        return Reply(error(request_id, INVALID_PARAMS, "params must be an object"))
    return _requested(request_id, method, params, max_wait_seconds)


def error(request_id: RequestId | None, code: int, message: str, data: Json | None = None) -> Json:
    """A JSON-RPC error message; `request_id` is None where the request's id is not known."""
    problem: Json = {"code": code, "message": message}
    if data is not None:
        problem["data"] = data
    return {"jsonrpc": "2.0", "id": request_id, "error": problem}


def setup_problem(sentence: str) -> ApiFailure:
    """The outcome of every request while something is set up wrongly, a missing key for one."""
    return ApiFailure(sentence, sent=False, is_setup=True)


def _notified(method: str, params: object) -> Cancellation | None:
    if method == "notifications/cancelled" and isinstance(params, dict):
        request_id = _id_of(params.get("requestId"))
        if request_id is not None:
            return Cancellation(request_id)
    return None


def _requested(
    request_id: RequestId, method: str, params: Json, max_wait_seconds: int
) -> Reply | ToolCall:
    meta = _meta_of(params)
    is_stateless = _VERSION_KEY in meta or method == "server/discover"
    if is_stateless:
        problem = _envelope_problem(request_id, meta)
        if problem is not None:
            return Reply(problem)
    if method == "tools/call":
        return _tool_called(request_id, params, max_wait_seconds, is_stateless=is_stateless)
    result: Json
    if method == "tools/list":
        result = {"tools": tool_table(max_wait_seconds), **(_CACHING if is_stateless else {})}
    elif method == "server/discover":
        result = _discovered()
    elif method == "initialize" and not is_stateless:
        result = _initialized(params)
    elif method == "ping" and not is_stateless:
        result = {}
    else:
        return Reply(error(request_id, METHOD_NOT_FOUND, f"Unknown method: {method[:100]}"))
    return Reply(_success(request_id, result, is_stateless=is_stateless))


def _envelope_problem(request_id: RequestId, meta: Json) -> Json | None:
    for key in (_VERSION_KEY, _CAPABILITIES_KEY):
        if key not in meta:
            return error(request_id, INVALID_PARAMS, f"params._meta lacks {key}")
    version = meta[_VERSION_KEY]
    if not isinstance(version, str):
        return error(request_id, INVALID_PARAMS, f"{_VERSION_KEY} must be a string")
    if version not in STATELESS_VERSIONS:
        data = {"supported": list(STATELESS_VERSIONS), "requested": version}
        return error(request_id, UNSUPPORTED_VERSION, "Unsupported protocol version", data)
    return None


def _tool_called(
    request_id: RequestId, params: Json, max_wait_seconds: int, *, is_stateless: bool
) -> Reply | ToolCall:
    name = params.get("name")
    for tool in tool_table(max_wait_seconds):
        if tool["name"] == name:
            return ToolCall(request_id, tool, params, is_stateless=is_stateless)
    return Reply(error(request_id, INVALID_PARAMS, f"Unknown tool: {str(name)[:100]}"))


def _initialized(params: Json) -> Json:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
        "capabilities": _CAPABILITIES,
        "serverInfo": _SERVER,
        "instructions": INSTRUCTIONS,
    }


def _discovered() -> Json:
    return {
        "supportedVersions": list(STATELESS_VERSIONS),
        "capabilities": _CAPABILITIES,
        "instructions": INSTRUCTIONS,
        **_CACHING,
    }


def _success(request_id: RequestId, result: Json, *, is_stateless: bool) -> Json:
    if is_stateless:
        result = {**result, "resultType": "complete", "_meta": {_SERVER_KEY: _SERVER}}
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def _meta_of(params: Json) -> Json:
    meta = params.get("_meta")
    return meta if isinstance(meta, dict) else {}


def _id_of(value: object) -> RequestId | None:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    return None
