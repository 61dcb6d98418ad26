"""What both drivers know of httpx2: how a request is sent, and what its failures mean."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import msgspec

from pausepoint.client.access import Access
from pausepoint.client.environment import setting
from pausepoint.client.errors import NotConfigured
from pausepoint.client.protocol import NoAnswer, Request, Response

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
"""On top of the time for which the server holds a request on purpose."""
LARGEST_ANSWER = 32 * 1024 * 1024
"""A list of 100 pauses with all their metadata stays far below."""
EVENT_STREAM = "text/event-stream"

FORKED = (
    "This client was made in another process, with an HTTP client of yours that both would share."
    " Make one PausePoint in each process, after the fork."
)
OTHER_LOOP = (
    "This AsyncPausePoint was used in another event loop before, and its connections belong to that."
    " Make one in each asyncio.run, best with `async with AsyncPausePoint()`."
)

C = TypeVar("C")

_PROXIES = ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class TooMuch(Exception):
    """The answer is larger, or takes longer, than any of PausePoint's."""


def opened(kind: Callable[..., C], access: Access) -> C:
    """An httpx2.Client or AsyncClient. Raises NotConfigured, which names the variable that is wrong."""
    options = _client_options(access)
    try:
        return kind(**options)
    except (ImportError, ValueError):
        # Its own words could show the proxy's password.
        raise NotConfigured(
            f"{_odd_proxy()} names a proxy that cannot be used: http:// and https:// are, and"
            " socks5:// where `pip install 'httpx2[socks]'` was run."
        ) from None


def _odd_proxy() -> str:
    """The variable that names a proxy of an unusual kind."""
    set_ones = [name for name in _PROXIES if setting(name)]
    odd = [n for n in set_ones if not str(setting(n)).lower().startswith(("http://", "https://"))]
    return (odd or set_ones or ["The environment"])[0]


def _trust() -> ssl.SSLContext | None:
    """The certificates that the environment names, for this machine too. Raises NotConfigured."""
    file, folder = setting("SSL_CERT_FILE"), setting("SSL_CERT_DIR")
    if file:
        try:
            return ssl.create_default_context(cafile=file)
        except OSError:
            raise NotConfigured(
                f"SSL_CERT_FILE names a file without usable certificates: {file}"
            ) from None
    if folder:
        if not Path(folder).is_dir():
            raise NotConfigured(f"SSL_CERT_DIR names a folder that is not there: {folder}")
        return ssl.create_default_context(capath=folder)
    return None


def _client_options(access: Access) -> dict[str, Any]:
    """As many may wait at once as like."""
    options: dict[str, Any] = {
        "limits": httpx2.Limits(max_connections=None, max_keepalive_connections=20)
    }
    if access.is_local:
        # No proxy is asked for this machine; and no certificates are loaded where none is shown.
        options["trust_env"] = False
        if access.base_url.startswith("http:"):
            options["verify"] = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            return options
    trust = _trust()
    if trust is not None:
        options["verify"] = trust
    return options


def request_options(request: Request, access: Access) -> dict[str, Any]:
    """For `stream`: its URL, headers, body and time-outs."""
    headers = access.headers()
    if request.content is not None:
        headers["Content-Type"] = "application/json"
    if request.idempotency_key is not None:
        headers["Idempotency-Key"] = request.idempotency_key
    if request.is_stream:
        headers["Accept"] = EVENT_STREAM
    if request.last_event_id is not None:
        headers["Last-Event-ID"] = request.last_event_id
    return {
        "method": request.method,
        "url": access.base_url + request.path,
        "headers": headers,
        "content": request.content,
        "timeout": httpx2.Timeout(request.hold + ANSWER_SECONDS, connect=CONNECT_SECONDS),
        "follow_redirects": False,
    }


class Body:
    """An answer's bytes as they come in. `add` raises TooMuch."""

    def __init__(self, request: Request) -> None:
        self._chunks: list[bytes] = []
        self._size = 0
        self._longest = request.hold + 3 * ANSWER_SECONDS

    def add(self, chunk: bytes, seconds: float) -> None:
        self._size += len(chunk)
        if self._size > LARGEST_ANSWER or seconds > self._longest:
            raise TooMuch
        self._chunks.append(chunk)

    def whole(self, answer: httpx2.Response, seconds: float) -> Response:
        return Response(
            status=answer.status_code,
            content=b"".join(self._chunks),
            headers={name.lower(): value for name, value in answer.headers.items()},
            seconds=seconds,
        )


def is_stream(answer: httpx2.Response) -> bool:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    return answer.status_code == 200 and kind == EVENT_STREAM


def begun(body: Body, answer: httpx2.Response, seconds: float) -> Response:
    """The answer to a request for a stream; what is none is no success, whatever its status says."""
    whole = body.whole(answer, seconds)
    if is_stream(answer) or not answer.is_success:
        return whole
    return msgspec.structs.replace(whole, content=b"no stream")


def no_answer(error: Exception, seconds: float) -> NoAnswer:
    """What a failure means for the request: whether it was sent, whether to try again."""
    return NoAnswer(
        reason=_reason(error),
        is_sent=not isinstance(error, _NOT_SENT),
        is_final=_is_distrusted(error) or isinstance(error, httpx2.UnsupportedProtocol),
        seconds=seconds,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TooMuch):
        return "the answer was too large or too slow"
    if isinstance(error, httpx2.LocalProtocolError):
        return "the request cannot be sent"  # its own words would show headers
    words = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}, {words}" if words else type(error).__name__


def _is_distrusted(error: BaseException | None) -> bool:
    """Whether the server's certificate was refused: that does not pass by waiting."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
