"""The Messages API on loopback, as far as Claude Code needs it: a model that follows a script."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from typing import Any, Self

Json = dict[str, Any]

_PAUSE_ID = re.compile(r"psr_[0-9a-f-]{36}")


class MessagesApi:
    """`script` is what the model does at each turn: `{"tool", "input"}`, or `{"text"}` at last.

    In an input, `PAUSE` stands for the pause's id in the results so far. `results` are those that
    the model was shown, `tools` the names of the MCP tools that it was offered.
    """

    def __init__(self, script: list[Json]) -> None:
        self.script = script
        self.results: list[Json] = []
        self.tools: list[str] = []
        self._ids = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Request)
        self._server.api = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def turn(self, body: Json) -> tuple[Json, str]:
        """The block that the model answers with, and why it stops."""
        if not body.get("tools"):
            return {"type": "text", "text": "A title"}, "end_turn"
        self.tools = [tool["name"] for tool in body["tools"] if tool["name"].startswith("mcp__")]
        blocks = [
            block
            for message in body["messages"]
            if isinstance(message["content"], list)
            for block in message["content"]
        ]
        self.results = [block for block in blocks if block["type"] == "tool_result"]
        step = self.script[min(len(self.results), len(self.script) - 1)]
        if "text" in step:
            return {"type": "text", "text": step["text"]}, "end_turn"
        found = _PAUSE_ID.findall(json.dumps(self.results))
        given = json.dumps(step["input"]).replace("PAUSE", found[0] if found else "PAUSE")
        block = {"type": "tool_use", "id": f"toolu_{next(self._ids):04}", "name": step["tool"]}
        return {**block, "input": json.loads(given)}, "tool_use"


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Tests' output stays quiet."""

    def do_GET(self) -> None:
        self._send("application/json", b"{}")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if not self.path.startswith("/v1/messages") or "count_tokens" in self.path:
            self._send("application/json", b'{"input_tokens": 1}')
            return
        block, stop = self.server.api.turn(body)  # type: ignore[attr-defined]
        message = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
        if body.get("stream"):
            self._send("text/event-stream", _events(message, block, stop))
        else:
            whole = {**message, "content": [block], "stop_reason": stop}
            self._send("application/json", json.dumps(whole).encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _events(message: Json, block: Json, stop: str) -> bytes:
    if block["type"] == "text":
        begun, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
    else:
        begun = {**block, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    events: list[Json] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": begun},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": stop, "stop_sequence": None},
            "usage": {"output_tokens": 1},
        },
        {"type": "message_stop"},
    ]
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events).encode()
