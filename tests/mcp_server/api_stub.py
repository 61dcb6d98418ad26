"""PausePoint's REST API on loopback, as far as the MCP server uses it and as the contract has it.

It is strict about what it is sent: what breaks the contract is kept in `violations`, which a
fixture asserts to be empty. Tests play the person with `answer`, `time_out` and `fail_delivery`.
"""

from __future__ import annotations

import itertools
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]

API_KEY = "pp_test_" + "0123456789abcdef" * 3
CREATED_AT = "2026-11-22T12:00:00Z"
EXPIRES_AT = "2126-11-22T12:00:00.000Z"
SECRET_LINK = "https://example.com/respond/the-persons-key"
QUESTION = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}
_ERRORS = {
    "INVALID_API_KEY": 401,
    "PAUSE_NOT_FOUND": 404,
    "ALREADY_RESPONDED": 409,
    "ALREADY_CANCELLED": 409,
    "ALREADY_TIMED_OUT": 409,
    "IDEMPOTENCY_MISMATCH": 422,
}


class ApiStub:
    """The state and its lock; `base_url` is where it answers. Use as a context manager."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.changed = threading.Condition()
        self.pauses: dict[str, Json] = {}
        self.keys: dict[str, tuple[Json, str]] = {}
        self.seen: list[tuple[str, str, str | None]] = []
        self.violations: list[str] = []
        self.lost_answers = 0
        self.cut_holds = 0
        self.raw_answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.held = 0
        self._numbers = itertools.count(1)
        self._server = _LoopbackServer(("127.0.0.1", 0), _Request)
        self._server.stub = self
        scheme = "http"
        if tls is not None:
            scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.base_url = f"{scheme}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> ApiStub:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def only_pause(self) -> Json:
        (pause,) = self.pauses.values()
        return pause

    def answer(self, pause_id: str, choice: str, text: str | None = None) -> None:
        self.change(
            pause_id,
            status="responded",
            response_choice=choice,
            response_text=text,
            response_at="2026-11-22T12:01:00Z",
            resolved_by="human",
        )

    def time_out(self, pause_id: str, delivery_state: str = "sent") -> None:
        self.change(
            pause_id,
            status="timed_out",
            response_choice=self.pauses[pause_id]["timeout_default"],
            resolved_by="timeout",
            delivery={"state": delivery_state, "attempts": []},
        )

    def fail_delivery(self, pause_id: str, code: str) -> None:
        attempt = {"number": 1, "at": CREATED_AT, "outcome": "failed", "code": code}
        self.change(pause_id, delivery={"state": "failed", "attempts": [attempt]})

    def change(self, pause_id: str, **fields: object) -> None:
        with self.changed:
            self.pauses[pause_id].update(fields)
            self.changed.notify_all()

    def until(self, is_so: Any, seconds: float = 20.0) -> None:
        """Waits for a state of this stub, without sleeping."""
        with self.changed:
            assert self.changed.wait_for(is_so, seconds), "the stub never came into that state"

    def create(self, body: Json, key: str) -> tuple[int, Json]:
        with self.changed:
            if key in self.keys:
                earlier, pause_id = self.keys[key]
                if earlier != body:
                    return _error("IDEMPOTENCY_MISMATCH")
                return 200, {**self.pauses[pause_id], "respond_url": SECRET_LINK}
            number = next(self._numbers)
            pause = _new_pause(f"psr_00000000-0000-7000-8000-{number:012d}", body)
            self.pauses[pause["pause_id"]] = pause
            self.keys[key] = (body, pause["pause_id"])
            self.changed.notify_all()
            return 201, {**pause, "respond_url": SECRET_LINK}

    def look(self, pause_id: str, wait: float) -> tuple[int, Json]:
        with self.changed:
            pause = self.pauses.get(pause_id)
            if pause is None:
                return _error("PAUSE_NOT_FOUND")
            self.held += 1
            self.changed.notify_all()
            self.changed.wait_for(
                lambda: pause["status"] != "pending" or pause["delivery"]["state"] == "failed",
                wait,
            )
            self.held -= 1
            self.changed.notify_all()
            return 200, dict(pause)

    def cancel(self, pause_id: str) -> tuple[int, Json]:
        with self.changed:
            pause = self.pauses.get(pause_id)
            if pause is None:
                return _error("PAUSE_NOT_FOUND")
            if pause["status"] != "pending":
                return _error(f"ALREADY_{pause['status'].upper()}")
            pause.update(status="cancelled", resolved_by="developer")
            self.changed.notify_all()
            return 200, dict(pause)

    def list(self, query: dict[str, str]) -> tuple[int, Json]:
        newest = list(reversed(self.pauses.values()))
        found = [p for p in newest if query.get("status") in (None, p["status"])]
        return 200, _page(found, query)

    def audit(self, query: dict[str, str]) -> tuple[int, Json]:
        found = [
            {
                "id": number,
                "developer_id": "dev_1",
                "pause_request_id": pause["pause_id"],
                "event_type": "pause.created",
                "actor": "developer",
                "detail": {"channel": pause["channel"], "recipient": None},
                "created_at": CREATED_AT,
            }
            for number, pause in enumerate(reversed(self.pauses.values()), 1)
            if query.get("pause_id") in (None, pause["pause_id"])
        ]
        return 200, _page(found, query)


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    stub: ApiStub

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is normal here: cancelled waits drop their connections."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _LoopbackServer

    def log_message(self, format: str, *args: object) -> None:
        """Tests' output stays quiet."""

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        stub = self.server.stub
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = self.headers.get("Idempotency-Key")
        with stub.changed:
            stub.seen.append((self.command, self.path, key))
            stub.changed.notify_all()
        self._inspect(stub, raw, key)
        if stub.raw_answers:
            self._send(*stub.raw_answers.pop(0))
            return
        is_hold = "wait=" in self.path
        if is_hold and stub.cut_holds:
            stub.cut_holds -= 1
            self.close_connection = True
            return
        status, body = self._answered(stub, raw, key)
        if not is_hold and stub.lost_answers:
            stub.lost_answers -= 1
            self._send_half()
            return
        self._send(status, json.dumps(body).encode(), {})

    def _inspect(self, stub: ApiStub, raw: bytes, key: str | None) -> None:
        is_create = self.command == "POST"
        if is_create and self.headers.get("Content-Type") != "application/json":
            stub.violations.append("a body that is not declared as JSON")
        if is_create != (key is not None):
            stub.violations.append(f"Idempotency-Key {key!r} on {self.command} {self.path}")
        if bool(raw) != is_create:
            stub.violations.append(f"an odd body on {self.command} {self.path}")
        if not self.headers.get("Authorization", "").startswith("Bearer "):
            stub.violations.append("no Bearer key")

    def _answered(self, stub: ApiStub, raw: bytes, key: str | None) -> tuple[int, Json]:
        if self.headers["Authorization"] != f"Bearer {API_KEY}":
            return _error("INVALID_API_KEY")
        path = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        if self.command == "POST" and path.path == "/v1/pause":
            body = json.loads(raw)
            stub.violations.extend(_problems(body))
            return stub.create(body, key or "")
        if path.path == "/v1/audit":
            return stub.audit(query)
        if path.path == "/v1/pause":
            return stub.list(query)
        pause_id = path.path.removeprefix("/v1/pause/")
        if self.command == "DELETE":
            return stub.cancel(pause_id)
        wait = float(query.get("wait", 0))
        if wait > 50:
            stub.violations.append(f"a hold of {wait} s")
        return stub.look(pause_id, wait)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _send_half(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"pause_id": "psr_')
        self.close_connection = True


def _new_pause(pause_id: str, body: Json) -> Json:
    return {
        "pause_id": pause_id,
        "status": "pending",
        "channel": body["channel"],
        "recipient": body["recipient"],
        "message": body["message"],
        "options": body["options"],
        "allow_text_response": body.get("allow_text_response", False),
        "timeout_default": body.get("timeout_default"),
        "metadata": body.get("metadata"),
        "action": body.get("action"),
        "created_at": CREATED_AT,
        "expires_at": EXPIRES_AT,
        "response_choice": None,
        "response_text": None,
        "response_at": None,
        "resolved_by": None,
        "test": True,
        "delivery": {"state": "simulated", "attempts": []},
    }


def _problems(body: object) -> list[str]:
    if not isinstance(body, dict):
        return ["a create without an object"]
    types = {
        "recipient": str,
        "channel": str,
        "message": str,
        "options": list,
        "timeout_hours": (int, float),
        "timeout_default": str,
        "metadata": dict,
        "action": dict,
        "allow_text_response": bool,
        "remind_after_hours": (int, float),
        "fallback": list,
        "callback_url": str,
        "callback_secret": str,
    }
    odd = [f"{n}={v!r}" for n, v in body.items() if not isinstance(v, types.get(n, ()))]
    return odd + [f"{n} missing" for n in ("recipient", "channel", "message") if n not in body]


def _page(found: list[Json], query: dict[str, str]) -> Json:
    limit = int(query["limit"])
    return {"items": found[:limit], "limit": limit, "offset": 0, "has_more": len(found) > limit}


def _error(code: str) -> tuple[int, Json]:
    status = _ERRORS[code]
    words = code.replace("_", " ").capitalize()
    return status, {"error": code, "message": words, "status_code": status}
