"""The only way out by HTTP: two clients, one for addresses that users give, one for our own.

The guarded one resolves a name once, refuses it if any answer is not allowed, and dials one of
those very answers. TLS keeps checking the name.
"""

from __future__ import annotations

import asyncio
import importlib
import socket
import ssl
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from pausepoint.channels.base import ChannelError, Reply
from pausepoint.security.address_guard import Address, Network, is_allowed, is_opened

# ruff: noqa: PLC0415, TID251 - the one file that may import aiohttp, and only when it first sends:
# the import takes 150 ms, a fifth of a start, and most commands send nothing.
if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import ResolveResult

Resolve: TypeAlias = Callable[[str], Awaitable[Sequence[Address]]]
"""A host's name to all its addresses; raises OSError when there are none."""
Permits: TypeAlias = Callable[[Address], bool]

READ_LIMIT: Final = 64 * 1024
_LOOKUPS: Final = 512  # more than all webhooks and messages that are sent at once
_LOOKUPS_A_HOST: Final = 4
_OUR_HEADERS: Final = {"User-Agent": "PausePoint", "Accept-Encoding": "identity"}


class _AddressRefused(OSError):
    """The guard said no. An OSError, so that aiohttp treats it as a failed dial."""


class OutboundClient:
    """The base of both HTTP clients; implements `HttpClient`. Sessions are created in the first event loop.

    No redirects, cookies, proxies from the environment or decompression; at most READ_LIMIT bytes
    of an answer are read. ChannelError codes: `address_refused` and `bad_url` (permanent);
    `dns_failed`, `connect_failed`, `tls_failed`, `connection_lost`, `timeout` (no answer began in
    time), `too_slow` (it began, but did not end in time).
    """

    def __init__(
        self,
        permits: Mapping[str, Permits],
        *,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """`permits` says for each scheme which addresses may be dialled."""
        self._permits = permits
        self._resolve = resolve or SystemResolver()
        self._ssl_context = ssl_context
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes = b"",
        timeout: timedelta = timedelta(seconds=15),
    ) -> Reply:
        """One request, one answer; raises ChannelError when there is none. Never names the URL."""
        if "aiohttp" not in sys.modules:
            await asyncio.to_thread(importlib.import_module, "aiohttp")
        import aiohttp

        session = self._session(url.partition(":")[0].lower())
        reply: aiohttp.ClientResponse | None = None
        try:
            async with session.request(
                method,
                url,
                headers=_OUR_HEADERS | dict(headers),
                data=body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout.total_seconds()),
            ) as reply:
                return Reply(reply.status, reply.headers, await _first_bytes(reply))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _as_channel_error(error, has_begun=reply is not None) from None

    async def close(self) -> None:
        """Closes every connection; the client can be used again afterwards."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        """One session a scheme, so that a connection's guard knows which scheme it serves."""
        import aiohttp

        if scheme not in self._permits:
            raise ChannelError("bad_url", "The URL must be http or https.", is_permanent=True)
        if scheme not in self._sessions:
            permits = self._permits[scheme]
            connector = aiohttp.TCPConnector(
                resolver=cast("aiohttp.abc.AbstractResolver", _Resolver(self._resolve, permits)),
                socket_factory=_guarded_sockets(permits),
                use_dns_cache=False,
                ssl=self._ssl_context or True,
                limit=0,  # a queue here would let one slow target delay all others
            )
            self._sessions[scheme] = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._sessions[scheme]


class SystemResolver:
    """Asks the system for a host's addresses, on daemon threads.

    A name server that never answers holds its thread for minutes; so each look-up has one of its
    own, a host has few at a time, and the process's exit joins none of them.
    """

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(_LOOKUPS)
        self._by_host: dict[str, int] = {}

    async def __call__(self, host: str) -> Sequence[Address]:
        if self._by_host.get(host, 0) >= _LOOKUPS_A_HOST:
            raise OSError("earlier look-ups of this name have not ended")
        async with self._all:
            found: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
            self._by_host[host] = self._by_host.get(host, 0) + 1
            words = (host, asyncio.get_running_loop(), found)
            threading.Thread(target=self._look_up, args=words, daemon=True).start()
            answers = await found
        spelled = dict.fromkeys(str(answer[4][0]) for answer in answers)
        return [ip_address(text.partition("%")[0]) for text in spelled]

    def _look_up(
        self, host: str, loop: asyncio.AbstractEventLoop, found: asyncio.Future[list[Any]]
    ) -> None:
        answers: list[Any] = []
        error: OSError | None = None
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as failure:
            error = failure
        except UnicodeError:
            error = OSError("not a name that DNS can hold")
        # The loop may be closed: then the result is not needed.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(self._tell, host, found, answers, error)

    def _tell(
        self,
        host: str,
        found: asyncio.Future[list[Any]],
        answers: list[Any],
        error: OSError | None,
    ) -> None:
        self._by_host[host] -= 1
        if not self._by_host[host]:
            del self._by_host[host]
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        else:
            found.set_result(answers)


class GuardedClient(OutboundClient):
    """For addresses that users give: public ones over https, opened networks over http too."""

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        resolve: Resolve | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(
            {
                "https": lambda address: is_allowed(address, allow),
                "http": lambda address: is_opened(address, allow),
            },
            resolve=resolve,
            ssl_context=ssl_context,
        )


class OperatorClient(OutboundClient):
    """For addresses from the operator's own settings: any address is allowed."""

    def __init__(
        self, *, resolve: Resolve | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        anything = {"https": _anywhere, "http": _anywhere}
        super().__init__(anything, resolve=resolve, ssl_context=ssl_context)


def _anywhere(_: Address) -> bool:
    return True


class _Resolver:
    """Resolves once and refuses mixed answers: a name that is partly private is not trusted.

    Implements `aiohttp.abc.AbstractResolver`.
    """

    def __init__(self, resolve: Resolve, permits: Permits) -> None:
        self._ask = resolve
        self._permits = permits

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family  # every answer counts, whichever family aiohttp would like
        addresses = await self._ask(host)
        if not addresses:
            raise OSError("the name has no address")
        if not all(map(self._permits, addresses)):
            raise _AddressRefused
        return [
            {
                "hostname": host,
                "host": str(address),
                "port": port,
                "family": socket.AF_INET if address.version == 4 else socket.AF_INET6,
                "proto": 0,
                "flags": socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            }
            for address in addresses
        ]

    async def close(self) -> None:
        pass


def _guarded_sockets(permits: Permits) -> Callable[[Any], socket.socket]:
    """Every dial passes here, those to literal addresses too, which no resolver sees."""

    def make(addr_info: Any) -> socket.socket:
        family, kind, protocol, _, destination = addr_info
        if not permits(ip_address(destination[0])):
            raise _AddressRefused
        made = socket.socket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make


async def _first_bytes(reply: aiohttp.ClientResponse) -> bytes:
    """At most READ_LIMIT bytes; the connection of a longer answer is not used again."""
    read = bytearray()
    async for chunk in reply.content.iter_any():
        read += chunk
        if len(read) >= READ_LIMIT:
            reply.close()
            break
    return bytes(read[:READ_LIMIT])


def _as_channel_error(error: Exception, *, has_begun: bool) -> ChannelError:
    cause = getattr(error, "os_error", error)
    if isinstance(cause, _AddressRefused):
        return ChannelError(
            "address_refused",
            "The address is not public, or not open to this scheme.",
            is_permanent=True,
        )
    code, sentence = _reason(error, has_begun)
    return ChannelError(code, sentence, is_permanent=code == "bad_url")


def _reason(error: Exception, has_begun: bool) -> tuple[str, str]:
    import aiohttp

    match error:
        case TimeoutError():
            if has_begun:
                return "too_slow", "The answer began but did not end in time."
            return "timeout", "There was no answer in time."
        case aiohttp.ClientConnectorDNSError():
            return "dns_failed", "The host's name could not be resolved."
        case aiohttp.ClientSSLError():
            return "tls_failed", "TLS failed: certificate or protocol was not accepted."
        case aiohttp.ClientConnectorError():
            return "connect_failed", "The host could not be reached."
        case aiohttp.InvalidURL():
            return "bad_url", "The URL cannot be used."
        case _:
            return "connection_lost", "The connection ended before the answer did."
