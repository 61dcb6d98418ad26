"""Restrictions of a key: scopes, expiry, networks. No scope answers a pause: only the person's link does."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

from pausepoint.domain.record import record
from pausepoint.domain.time import Instant

Network: TypeAlias = IPv4Network | IPv6Network


class Scope(StrEnum):
    PAUSES_CREATE = "pauses:create"
    PAUSES_READ = "pauses:read"
    PAUSES_CANCEL = "pauses:cancel"
    WEBHOOKS_WRITE = "webhooks:write"
    AUDIT_READ = "audit:read"
    RECIPIENTS_WRITE = "recipients:write"
    KEYS_WRITE = "keys:write"


@record(frozen=True, slots=True)
class KeyRestrictions:
    """The restrictions of a key. None and empty do not restrict, as in the keys of registration."""

    scopes: frozenset[Scope] | None = None
    expires_at: Instant | None = None
    networks: tuple[Network, ...] = ()

    def allows(self, scope: Scope) -> bool:
        return self.scopes is None or scope in self.scopes

    def has_expired(self, now: Instant) -> bool:
        return self.expires_at is not None and now >= self.expires_at

    def is_open_to(self, address: IPv4Address | IPv6Address | None) -> bool:
        if not self.networks:
            return True
        return address is not None and any(address in network for network in self.networks)

    def is_within(self, other: KeyRestrictions) -> bool:
        """Return whether `other` permits all of this too."""
        return (
            (other.scopes is None or (self.scopes is not None and self.scopes <= other.scopes))
            and (
                other.expires_at is None
                or (self.expires_at is not None and self.expires_at <= other.expires_at)
            )
            and (not other.networks or _is_covered(self.networks, other.networks))
        )


UNRESTRICTED = KeyRestrictions()


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError for what is no address or network in CIDR form."""
    return tuple(ip_network(text) for text in texts)


def _is_covered(networks: tuple[Network, ...], others: tuple[Network, ...]) -> bool:
    return bool(networks) and all(
        any(
            network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]
            for other in others
        )
        for network in networks
    )
