"""Which address a request comes from: the peer's, or what a trusted proxy says of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from starlette.types import Scope

Address: TypeAlias = IPv4Address | IPv6Address
Networks: TypeAlias = Sequence[IPv4Network | IPv6Network]

_HOME_BITS: Final = 64
"""What one customer is given of IPv6: every address in it is the same caller."""

_NOBODY: Final = ("",)
_FORWARDED: Final = b"x-forwarded-for"


def peer_address(scope: Scope, trusted: Networks) -> Address | None:
    """The caller's own address, as far as it can be known."""
    address = _address((scope.get("client") or _NOBODY)[0])
    if address is not None and trusted and _is_in(address, trusted):
        return _forwarded(scope, address, trusted)
    return address


def client_address(scope: Scope, trusted: Networks) -> str:
    """A caller's name for limits: an IPv4 address, an IPv6 network of 64 bits, or empty for one inside.

    `X-Forwarded-For` is read from its end, past the trusted proxies: the first entry was
    seen by one of them. What is further left the caller can have written.
    """
    peer = (scope.get("client") or _NOBODY)[0]
    if trusted:
        address = _address(peer)
        if address is not None and _is_in(address, trusted):
            return _name(_forwarded(scope, address, trusted))
    return _peer_name(peer)


def says_more(scope: Scope) -> bool:
    """Whether the request has an `X-Forwarded-For`."""
    return any(name == _FORWARDED for name, _ in scope["headers"])


def _forwarded(scope: Scope, peer: Address, trusted: Networks) -> Address:
    lines = [value for name, value in scope["headers"] if name == _FORWARDED]
    last = peer
    for part in reversed(b",".join(lines).decode("latin-1").split(",")):
        address = _address(_without_port(part.strip()))
        if address is None:
            break
        last = address
        if not _is_in(address, trusted):
            break
    return last


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, _ = text.partition(":")
    return host if colon and "." in host else text


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_in(address: Address, networks: Networks) -> bool:
    return any(address in network for network in networks)


@lru_cache(maxsize=4096)
def _peer_name(peer: str) -> str:
    address = _address(peer)
    return peer if address is None else _name(address)


def _name(address: Address) -> str:
    if address.version == 4:
        return str(address)
    return str(IPv6Network((int(address), _HOME_BITS), strict=False))
