"""Options, requests and failures of httpx2, shared by the sync and async drivers."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
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

_PROXY_SCHEMES = ("https", "http", "all")
_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
    UnicodeError,  # a host name that DNS cannot have, raised by the look-up
)
_FINAL = (httpx2.UnsupportedProtocol, httpx2.InvalidURL, UnicodeError)


class TooMuch(Exception):
    """The response is larger, or takes longer, than any of PausePoint's."""


FAILURES = (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, TooMuch)
"""What a request that gets no usable answer raises."""


def open_pool(kind: Callable[..., C], access: Access) -> C:
    """Open an httpx2.Client or AsyncClient. Raises NotConfigured, naming the wrong variable."""
    options = _client_options(access)
    try:
        return kind(**options)
    except (ImportError, ValueError, httpx2.InvalidURL):
        # Its own words could show the proxy's password.
        raise NotConfigured(
            f"{_unusable_proxy()} names a proxy that cannot be used: http:// and https:// are, and"
            " socks5:// where `pip install 'httpx2[socks]'` was run."
        ) from None


def _proxy_variables(*schemes: str) -> Iterator[tuple[str, str]]:
    """Return name and value of each proxy variable; lower case wins, as in urllib."""
    for scheme in schemes:
        for name in (f"{scheme}_proxy", f"{scheme.upper()}_PROXY"):
            value = setting(name)
            if value:
                yield name, value
            if value is not None and name.islower():
                break


def _unusable_proxy() -> str:
    """Return the variable whose proxy is not HTTP or no URL, for an error message."""
    names = list(_proxy_variables(*_PROXY_SCHEMES))
    for name, value in names:
        try:
            url = httpx2.URL(value if "://" in value else f"http://{value}")
        except httpx2.InvalidURL:
            return name
        if url.scheme not in ("http", "https"):
            return name
    return names[0][0] if names else "The environment"


def _trust() -> ssl.SSLContext | None:
    """Return the TLS context with the environment's certificates. Raises NotConfigured."""
    file, folders = setting("SSL_CERT_FILE"), setting("SSL_CERT_DIR")
    if file:
        try:
            return ssl.create_default_context(cafile=file)
        except (OSError, ValueError):
            raise NotConfigured(
                f"SSL_CERT_FILE names a file without usable certificates: {file}"
            ) from None
    if folders:
        # OpenSSL takes several, and passes over those that are missing.
        if not any(Path(folder).is_dir() for folder in folders.split(os.pathsep)):
            raise NotConfigured(f"SSL_CERT_DIR names a folder that is not there: {folders}")
        return ssl.create_default_context(capath=folders)
    return None


def _client_options(access: Access) -> dict[str, Any]:
    """Return the pool's options; the number of connections is unlimited."""
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
    """Return the arguments of `stream`: URL, headers, body and time-outs."""
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
    """Collects a response's body. `add` raises TooMuch."""

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
    """Check the response to a request for a stream; another content type is a failure even with 200."""
    whole = body.whole(answer, seconds)
    if is_stream(answer) or not answer.is_success:
        return whole
    return msgspec.structs.replace(whole, content=b"no stream")


def no_answer(error: Exception, access: Access, seconds: float) -> NoAnswer:
    """Translate a transport error: whether the request was sent, whether a retry is useful."""
    is_distrusted = _is_distrusted(error)
    reason = _reason(error)
    named = None
    if is_distrusted:
        named = next(filter(setting, ("SSL_CERT_FILE", "SSL_CERT_DIR")), None)
    elif isinstance(error, _NOT_SENT) and not access.is_local:
        scheme = access.base_url.partition(":")[0]
        named = next((name for name, _ in _proxy_variables(scheme, "all")), None)
    if named is not None:
        reason += f" ({named} is set)"
    return NoAnswer(
        reason=reason,
        is_sent=not isinstance(error, _NOT_SENT),
        is_final=is_distrusted or isinstance(error, _FINAL),
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
    """True if the server's certificate was refused, which no retry mends."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
