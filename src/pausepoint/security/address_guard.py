"""Address guard against SSRF: requests to addresses that users give reach public addresses only.

Pure: nothing is resolved here. `channels/outbound.py` asks again for every address it dials.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pausepoint.domain.errors import InvalidWebhookUrl

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

URL_LIMIT: Final = 2048

# `ipaddress.is_global` is no substitute: it lets multicast, NAT64, 6to4 and 192.0.0.8 pass.
# Sources: IANA's special-purpose address registries for IPv4 and IPv6.
_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; some clouds' metadata and overlay networks
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # looks public; Azure's host agent answers there
        "169.254.0.0/16",  # link-local; most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; one cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
"""The well-known prefix. Others, as of 64:ff9b:1::/48, are a network's own: its operator opens them."""

# Everything else in IPv6 (::/96, other NAT64, ULA, link-local, site-local, multicast) lies outside.
_UNICAST_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, ORCHID, AMT, AS112
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: carries any IPv4 address
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def is_public(address: Address) -> bool:
    """Return whether the address is public."""
    address = _unwrapped(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return (
        address in _UNICAST_V6
        and address.scope_id is None
        and not any(address in network for network in _NOT_PUBLIC_V6)
    )


def is_allowed(address: Address, allow: Sequence[Network]) -> bool:
    """True for a public address or one in a network that the operator opened."""
    return is_public(address) or is_opened(address, allow)


def is_opened(address: Address, allow: Sequence[Network]) -> bool:
    """True inside a network that the operator opened; `http` is allowed only there."""
    return any(each in network for network in allow for each in {address, _unwrapped(address)})


def check_url_form(url: str, allow: Sequence[Network]) -> None:
    """Check all that needs no DNS. Raises InvalidWebhookUrl with the reason.

    A name passes, even one that does not resolve yet: what it leads to is checked when dialling.
    """
    parts, host = _split(url)
    if parts.scheme == "http" and not allow:
        raise InvalidWebhookUrl("The webhook's URL must begin with https://.")
    address = _literal(host)
    if address is None:
        _check_name(host, allow)
    elif not is_allowed(address, allow):
        raise InvalidWebhookUrl("The webhook's URL leads to an address that is not public.")
    elif parts.scheme == "http" and not is_opened(address, allow):
        raise InvalidWebhookUrl("The webhook's URL must begin with https:// for a public address.")


def _split(url: str) -> tuple[SplitResult, str]:
    """Split a well-formed URL; its host is read as a resolver reads it."""
    if len(url) > URL_LIMIT:
        raise InvalidWebhookUrl(f"The webhook's URL is longer than {URL_LIMIT} characters.")
    if not url.isprintable() or " " in url or "\\" in url:
        raise InvalidWebhookUrl("The webhook's URL holds a character that URLs cannot hold.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidWebhookUrl("The webhook's URL cannot be read.") from None
    if "@" in parts.netloc:
        raise InvalidWebhookUrl("The webhook's URL must not hold a user name or password.")
    if parts.scheme not in ("https", "http"):
        raise InvalidWebhookUrl("The webhook's URL must begin with https://.")
    # As IDNA has it before a name is resolved: circled digits and ideographic full stops are plain.
    host = unicodedata.normalize("NFKC", host or "").replace("\u3002", ".").removesuffix(".")
    if not host or "%" in host or port == 0:
        raise InvalidWebhookUrl("The webhook's URL has no valid host.")
    return parts, host


def _check_name(host: str, allow: Sequence[Network]) -> None:
    if host == "localhost" or host.endswith(".localhost"):
        if not any(_overlaps(network, loopback) for network in allow for loopback in _LOOPBACK):
            raise InvalidWebhookUrl("The webhook's URL leads to this machine itself.")
    elif _number(host.rpartition(".")[2]) is not None:
        raise InvalidWebhookUrl("The webhook's URL has no valid host.")


def _literal(host: str) -> Address | None:
    """Return the address that a host spells in any resolver's notation, None for a name."""
    if ":" in host:
        try:
            return IPv6Address(host)
        except AddressValueError:
            raise InvalidWebhookUrl("The webhook's URL has no valid host.") from None
    parts = host.split(".")
    numbers = [number for part in parts if (number := _number(part)) is not None]
    if len(numbers) < len(parts) or len(numbers) > 4:
        return None
    # inet_aton(3): leading parts are bytes, the last one fills what is left of the 32 bits.
    *leading, last = numbers
    if any(part > 255 for part in leading) or last >= 256 ** (4 - len(leading)):
        return None
    return IPv4Address(last + sum(part << (24 - 8 * at) for at, part in enumerate(leading)))


def _number(part: str) -> int | None:
    """Parse a decimal, octal (leading 0) or hexadecimal (leading 0x) number as inet_aton(3) does."""
    try:
        if part.startswith("0x"):
            return int(part[2:] or "0", 16)
        if part.isdigit():
            return int(part, 8 if part.startswith("0") else 10)
    except ValueError:
        pass
    return None


def _overlaps(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that is reached: inside `::ffff:127.0.0.1`, which the kernel dials as
    such, and inside `64:ff9b::7f00:1`, which a NAT64 gateway translates (RFC 6052).
    """
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address
