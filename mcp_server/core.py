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

Two eras of the protocol are served, distinguished by each request alone, so there is no session to
keep: in the handshake era (2024-11-05 to 2025-11-25) a connection opens with `initialize`; in the
stateless era (2026-07-28) each request names its version in `_meta`. Specification:
https://modelcontextprotocol.io/specification, pages Base protocol, Versioning, Tools, Progress,
Cancellation.
"""

from __future__ import annotations

from .messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    SERVER_INFO,
    UNSUPPORTED_VERSION,
    error,
    id_of,
    meta_of,
    success,
)
from .tool_call import ToolCall
from .tools import INSTRUCTIONS, tool_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from .api import Json
    from .messages import RequestId

    Received: TypeAlias = "Reply | ToolCall | Cancellation | None"

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS_VERSIONS = ("2026-07-28",)
DEFAULT_MAX_WAIT_SECONDS = 45
LONGEST_MAX_WAIT_SECONDS = 3600
# OpenAI Agents and, on stdio, Google ADK cut a call after 5 seconds by default. OpenAI
# Agents and earlier versions of ADK give the name that the Python SDK's client has by default.
SHORT_MAX_WAIT_SECONDS = 4
SHORT_LIVED_CLIENTS = ("mcp",)
SHORT_LIVED_ON_STDIO = (*SHORT_LIVED_CLIENTS, "google-adk")
PROGRESS_SECONDS = 10

VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
CLIENT_INFO_KEY = "io.modelcontextprotocol/clientInfo"
CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"

_CAPABILITIES: Json = {"tools": {}}
# The table changes with a new version of this program or its settings only, and is the same for
# everybody who uses this server.
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


class Offer:
    """The server's features: the longest wait, `permission_prompt`, callbacks."""

    __slots__ = ("has_callback", "has_permission_prompt", "max_wait_seconds")

    def __init__(
        self,
        max_wait_seconds: int = DEFAULT_MAX_WAIT_SECONDS,
        *,
        has_permission_prompt: bool = False,
        has_callback: bool = False,
    ) -> None:
        self.max_wait_seconds = max_wait_seconds
        self.has_permission_prompt = has_permission_prompt
        self.has_callback = has_callback

    def tools(self) -> list[Json]:
        """The table of tools, always in the same order."""
        return tool_table(
            self.max_wait_seconds,
            has_permission_prompt=self.has_permission_prompt,
            has_callback=self.has_callback,
        )


_FIVE_TOOLS = Offer()


def cuts_calls_early(message: object, names: tuple[str, ...] = SHORT_LIVED_CLIENTS) -> bool:
    """Return True if this message introduces a client whose calls time out after a few seconds."""
    if not isinstance(message, dict) or not isinstance(message.get("params"), dict):
        return False
    params = message["params"]
    info = meta_of(params).get(CLIENT_INFO_KEY)
    if message.get("method") == "initialize":
        info = params.get("clientInfo")
    return isinstance(info, dict) and info.get("name") in names


def receive(message: object, offer: Offer = _FIVE_TOOLS, *, is_stateless: bool = False) -> Received:
    """Interpret one decoded message; never raises. The caller splits batches.

    `is_stateless` is given where the transport has said it; the message alone can say it too.
    """
    if not isinstance(message, dict):
        return Reply(error(None, INVALID_REQUEST, "A message must be a JSON object"))
    if "method" not in message and ("result" in message or "error" in message):
        return None
    request_id = id_of(message.get("id"))
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
    is_stateless = is_stateless or VERSION_KEY in meta_of(params) or method == "server/discover"
    if is_stateless:
        problem = _envelope_problem(request_id, meta_of(params))
        if problem is not None:
            return Reply(problem)
    return _requested(request_id, method, params, offer, is_stateless=is_stateless)


def _notified(method: str, params: object) -> Cancellation | None:
    if method == "notifications/cancelled" and isinstance(params, dict):
        request_id = id_of(params.get("requestId"))
        if request_id is not None:
            return Cancellation(request_id)
    return None


def _requested(
    request_id: RequestId, method: str, params: Json, offer: Offer, *, is_stateless: bool
) -> Reply | ToolCall:
    if method == "tools/call":
        return _tool_called(request_id, params, offer, is_stateless=is_stateless)
    result: Json
    if method == "tools/list":
        result = {"tools": offer.tools(), **(_CACHING if is_stateless else {})}
    elif method == "server/discover":
        result = _discovered()
    elif method == "initialize" and not is_stateless:
        result = _initialized(params)
    elif method == "ping" and not is_stateless:
        result = {}
    else:
        return Reply(error(request_id, METHOD_NOT_FOUND, f"Unknown method: {method[:100]}"))
    return Reply(success(request_id, result, is_stateless=is_stateless))


def _envelope_problem(request_id: RequestId, meta: Json) -> Json | None:
    for key in (VERSION_KEY, CAPABILITIES_KEY):
        if key not in meta:
            return error(request_id, INVALID_PARAMS, f"params._meta lacks {key}")
    version = meta[VERSION_KEY]
    if not isinstance(version, str):
        return error(request_id, INVALID_PARAMS, f"{VERSION_KEY} must be a string")
    if version not in STATELESS_VERSIONS:
        data = {"supported": list(STATELESS_VERSIONS), "requested": version}
        return error(request_id, UNSUPPORTED_VERSION, "Unsupported protocol version", data)
    return None


def _tool_called(
    request_id: RequestId, params: Json, offer: Offer, *, is_stateless: bool
) -> Reply | ToolCall:
    name = params.get("name")
    for tool in offer.tools():
        if tool["name"] == name:
            return ToolCall(request_id, tool, params, is_stateless=is_stateless)
    return Reply(error(request_id, INVALID_PARAMS, f"Unknown tool: {str(name)[:100]}"))


def _initialized(params: Json) -> Json:
    asked = params.get("protocolVersion")
    return {
        "protocolVersion": asked if asked in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
        "capabilities": _CAPABILITIES,
        "serverInfo": SERVER_INFO,
        "instructions": INSTRUCTIONS,
    }


def _discovered() -> Json:
    return {
        "supportedVersions": list(STATELESS_VERSIONS),
        "capabilities": _CAPABILITIES,
        "instructions": INSTRUCTIONS,
        **_CACHING,
    }
