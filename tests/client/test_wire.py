"""Bytes that are no HTTP, certificates, proxies, and many at once: below and around the API."""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import httpx2
import pytest
import trustme

from pausepoint.client import AsyncPausePoint, NotConfigured, Pause, PausePoint, Unreachable
from tests.client.drivers import Kind, a_client
from tests.client.person import answers
from tests.e2e.server import Server, free_port

PHONE = "+15550100199"
OPTIONS = ["Approve", "Reject"]
PATIENCE = timedelta(seconds=1)


@contextmanager
def saying(raw: bytes, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a server that answers everything with these bytes, and hangs up."""

    class Speaker(BaseRequestHandler):
        def handle(self) -> None:
            try:
                with self.request if tls is None else tls.wrap_socket(self.request, True) as line:
                    line.recv(65536)
                    line.sendall(raw)
            except OSError:
                pass

    with ThreadingTCPServer(("127.0.0.1", 0), Speaker) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x16\x03\x01 this is TLS",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 999 \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Slow\r\nRetry-After: \xff\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: a; charset=\xff\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 101 Switching\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"\x00" * 100,
    ],
    ids=lambda raw: repr(raw[:30]),
)
def test_bytes_that_are_no_answer_are_an_error_of_ours(kind: Kind, raw: bytes) -> None:
    with (
        saying(raw) as port,
        a_client(kind, "pp_test_x", f"http://127.0.0.1:{port}", PATIENCE) as c,
    ):
        for call in (lambda: c.ask(PHONE, "?", OPTIONS), lambda: c.get("psr_1"), c.list):
            with pytest.raises(Unreachable) as caught:
                call()
            assert "pp_test_x" not in str(caught.value)


def test_a_certificate_that_is_not_trusted_is_told_at_once(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    body = b'{"items": [], "limit": 20, "offset": 0, "has_more": false}'
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with saying(raw, tls) as port:
        url = f"https://127.0.0.1:{port}"
        with (
            a_client(kind, "pp_test_x", url) as client,
            pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED") as caught,
        ):
            client.ask(PHONE, "?", OPTIONS)
        assert client.clock.delays == []
        assert "(SSL_CERT_DIR is set)" in caught.value.message
        assert not caught.value.may_have_been_done
        with httpx2.Client(verify=trusting) as own, PausePoint("pp_test_x", url, http=own) as ours:
            assert ours.list().items == ()
            ours.close()
            assert not own.is_closed


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "http_proxy"])
@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://user:hunter2@127.0.0.1:1",
        "ftp://hunter2@127.0.0.1",
        "http://user:hunter2@127.0.0.1:port",
        "hunter2\n",
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, name: str, proxy: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    for other in ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"):
        monkeypatch.delenv(other, raising=False)
        monkeypatch.delenv(other.lower(), raising=False)
    monkeypatch.setenv(name, proxy)
    with (
        pytest.raises(NotConfigured, match=f"{name} names a proxy that cannot be used") as caught,
        a_client(kind, "pp_test_x", "https://pause.example.com"),
    ):
        pass
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", [f"http://127.0.0.1:{free_port()}", "http://a..b"], ids=["closed port", "no name"]
)
def test_a_proxy_that_does_not_answer_is_named(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", "")
    monkeypatch.setenv("ALL_PROXY", proxy)
    with (
        a_client(kind, "pp_test_x", "https://pause.example.com", patience=PATIENCE) as client,
        pytest.raises(Unreachable, match=r"\(ALL_PROXY is set\)") as caught,
    ):
        client.ask(PHONE, "?", OPTIONS)
    assert not caught.value.may_have_been_done


def test_an_address_that_dns_cannot_have_is_unreachable(kind: Kind) -> None:
    with (
        a_client(kind, "pp_test_x", "http://a..b", patience=timedelta()) as client,
        pytest.raises(Unreachable) as caught,
    ):
        client.ask(PHONE, "?", OPTIONS)
    assert not caught.value.may_have_been_done


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("url", ["https://127.0.0.1:1", "https://pause.example.com"])
def test_certificates_that_are_missing_are_named(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, url: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(name, str(tmp_path / "missing"))
    with pytest.raises(NotConfigured, match=f"{name} names"), a_client(kind, "pp_test_x", url):
        pass


def test_a_file_without_certificates_is_named(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\nnone\n", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with (
        pytest.raises(NotConfigured, match="SSL_CERT_FILE names"),
        a_client(kind, "pp_test_x", "https://pause.example.com"),
    ):
        pass


def test_one_of_several_folders_with_certificates_is_enough(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    folders = (str(tmp_path / "missing"), str(tmp_path))
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join(folders))
    with a_client(kind, "pp_test_x", "https://pause.example.com"):
        pass


def test_certificates_that_are_named_count_for_this_machine_too(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    body = b'{"items": [], "limit": 20, "offset": 0, "has_more": false}'
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with (
        saying(raw, tls) as port,
        a_client(kind, "pp_test_x", f"https://127.0.0.1:{port}") as client,
    ):
        assert client.list().items == ()


@pytest.mark.e2e
def test_no_proxy_is_asked_for_this_machine(
    kind: Kind, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with a_client(kind, server.test_api_key, server.base_url) as client:
        assert client.list(limit=1).limit == 1


@pytest.mark.e2e
def test_threads_share_a_client(server: Server) -> None:
    """More than the hundred connections at which an HTTP client's pool is usually full."""
    waiting = threading.Barrier(120, timeout=60)

    def together(pause: Pause) -> None:
        waiting.wait()
        answers("Approve")(pause)

    def ask(number: int) -> bool:
        return client.ask(PHONE, f"Number {number}?", OPTIONS, on_pending=together).by_human

    with (
        PausePoint(server.test_api_key, server.base_url) as client,
        ThreadPoolExecutor(120) as threads,
    ):
        assert all(threads.map(ask, range(120)))


@pytest.mark.e2e
@pytest.mark.anyio
async def test_a_hundred_wait_in_one_loop_and_one_that_is_cancelled_harms_nobody(
    server: Server,
) -> None:
    asked: list[Pause] = []

    async with AsyncPausePoint(server.test_api_key, server.base_url) as client:
        waits = [
            asyncio.create_task(client.ask(PHONE, f"{n}?", OPTIONS, on_pending=asked.append))
            for n in range(120)
        ]
        while len({pause.pause_id for pause in asked}) < len(waits):  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0)
        waits[0].cancel()
        pauses = {pause.message: pause for pause in asked if pause.respond_url}
        for pause in pauses.values():
            if pause.message != "0?":
                await asyncio.to_thread(answers("Approve"), pause)
        results = await asyncio.gather(*waits, return_exceptions=True)
        left = await client.get(pauses["0?"].pause_id)

    assert isinstance(results[0], asyncio.CancelledError)
    assert all(not isinstance(each, BaseException) and each.by_human for each in results[1:])
    assert left.is_pending
