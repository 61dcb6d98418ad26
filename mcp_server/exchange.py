"""One HTTP request to PausePoint, on a connection and in a thread of its own.

The thread blocks, its owner does not: it waits on `done` as long as it likes and may `abort` at any
time. Redirects are not followed, proxies are not used, so the key goes to the set address alone.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from urllib.parse import urlsplit

from .api import ApiAnswer, ApiFailure
from .messages import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .api import ApiRequest, Outcome

CONNECT_SECONDS = 10
# On top of the time that the server holds the request on purpose.
ANSWER_SECONDS = 20
# A list of 100 pauses with all their metadata stays below.
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_BAD_URL = "PAUSEPOINT_BASE_URL must be an address like http://127.0.0.1:8000"


class Target:
    """PausePoint's base URL. Raises `ValueError` with a sentence for an invalid one."""

    def __init__(self, base_url: str) -> None:
        try:
            parts = urlsplit(base_url)
            port = parts.port
        except ValueError:
            raise ValueError(_BAD_URL) from None
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or "@" in parts.netloc
            or not base_url.isascii()
            or parts.query
            or parts.fragment
        ):
            raise ValueError(_BAD_URL)
        self.is_https = parts.scheme == "https"
        self.host: str = parts.hostname
        self.port = port
        self.path = parts.path.rstrip("/")
        self.address = f"{parts.scheme}://{parts.netloc}{self.path}"


class Exchange:
    """A request under way; `outcome` is set before `done` is."""

    def __init__(self, target: Target, api_key: str, request: ApiRequest) -> None:
        self.done = threading.Event()
        self.outcome: Outcome | None = None
        self._target = target
        self._api_key = api_key
        self._request = request
        self._began = time.monotonic()
        self._connection = self._new_connection()
        self._is_sent = False
        self._is_aborted = False

    def start(self) -> None:
        """Begins. Raises `RuntimeError` when the system has no thread left."""
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def seconds(self) -> float:
        """Return the seconds since the exchange began."""
        return time.monotonic() - self._began

    @property
    def is_overdue(self) -> bool:
        """Return True once the exchange has timed out."""
        allowed = self._request.delay_seconds + self._request.hold_seconds
        return self.seconds > allowed + CONNECT_SECONDS + ANSWER_SECONDS

    def abort(self, why: str) -> None:
        """Drops the connection; the outcome, if none is there yet, is a failure."""
        self._is_aborted = True
        sock = self._connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._finish(self._failure(why))

    def _run(self) -> None:
        if self._request.delay_seconds and self.done.wait(self._request.delay_seconds):
            return
        try:
            self._finish(self._exchanged())
        # A broken answer makes http.client raise far more than its own exceptions.
        except Exception as problem:
            self._finish(self._failure(_reason(problem)))
        finally:
            self._connection.close()

    def _exchanged(self) -> Outcome:
        connection, request = self._connection, self._request
        connection.connect()
        connection.sock.settimeout(request.hold_seconds + ANSWER_SECONDS)
        if self._is_aborted:
            return self._failure("broken off")
        self._is_sent = True
        body = None
        if request.body is not None:
            # What JSON would escape could be larger than the API takes.
            body = json.dumps(request.body, ensure_ascii=False).encode()
        connection.request(request.method, self._target.path + request.path, body, self._headers())
        response = connection.getresponse()
        raw = response.read(MAX_ANSWER_BYTES + 1)
        if len(raw) > MAX_ANSWER_BYTES:
            return self._failure("it is too large")
        if response.length:
            return self._failure("it ended too soon")
        retry_after = response.getheader("Retry-After")
        seconds = self.seconds
        return ApiAnswer(response.status, _decoded(raw), seconds=seconds, retry_after=retry_after)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Authorization": f"Bearer {self._api_key}",
            "Accept": "application/json",
            "User-Agent": f"pausepoint-mcp/{VERSION}",
            "Connection": "close",
        }
        if self._request.body is not None:
            headers["Content-Type"] = "application/json"
        if self._request.idempotency_key is not None:
            headers["Idempotency-Key"] = self._request.idempotency_key
        return headers

    def _new_connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._target.is_https else http.client.HTTPConnection
        return kind(self._target.host, self._target.port, timeout=CONNECT_SECONDS)

    def _failure(self, why: str) -> ApiFailure:
        if self._is_sent:
            reason = f"PausePoint at {self._target.address} gave no usable answer ({why})"
        else:
            reason = f"Cannot reach PausePoint at {self._target.address} ({why})"
        return ApiFailure(reason, sent=self._is_sent, seconds=self.seconds)

    def _finish(self, outcome: Outcome) -> None:
        if self.outcome is None:
            self.outcome = outcome
        self.done.set()


def target_problem(base_url: str) -> ApiFailure | None:
    """Return the problem with this base URL, or None if it is valid."""
    try:
        Target(base_url)
    except ValueError as problem:
        return ApiFailure(str(problem), sent=False, is_setup=True)
    return None


def _decoded(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError):
        return " ".join((problem.strerror or str(problem)).lower().split())
    return type(problem).__name__
