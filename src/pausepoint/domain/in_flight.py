"""Deliveries in flight in this process, and the limits for each account and target.

A pool is a channel, or all webhooks and callbacks together: pools share nothing, so that no webhook
delays a message. Within a pool an account has a fair share, of which some is always left for an
account that has nothing in flight yet.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from pausepoint.domain.delivery import DeliveryKind

PER_WEBHOOK: Final = 4
"""Attempts at one webhook, or at one host of callbacks, that a process makes at once."""
PER_CHANNEL: Final = 64
"""Messages that a process sends at once on one channel; an account has half of it at most."""
WEBHOOKS_AT_ONCE: Final = 256
"""Attempts at all webhooks and callbacks that a process makes at once."""
WEBHOOKS_OF_ONE_ACCOUNT: Final = 64
"""How many of them one account may have, where no others want them."""

WEBHOOK_POOL: Final = DeliveryKind.WEBHOOK.value


class InFlight:
    """Counts the deliveries that a process has claimed and not finished."""

    def __init__(self) -> None:
        self._total = 0
        self._targets: Counter[str] = Counter()
        self._pools: Counter[str] = Counter()
        self._accounts: dict[str, Counter[str]] = {}

    def __len__(self) -> int:
        return self._total

    def add(self, kind: DeliveryKind, target: str, developer_id: str) -> None:
        pool = _pool(kind, target)
        self._total += 1
        self._targets[target] += 1
        self._pools[pool] += 1
        self._accounts.setdefault(pool, Counter())[developer_id] += 1

    def remove(self, kind: DeliveryKind, target: str, developer_id: str) -> None:
        pool = _pool(kind, target)
        self._total -= 1
        _decrement(self._targets, target)
        _decrement(self._pools, pool)
        _decrement(self._accounts[pool], developer_id)

    def full(self) -> list[str]:
        """Return what is at its limit: targets, the pool of webhooks, an account's id for its webhooks,
        a channel and an account's id for its messages."""
        found = [
            target
            for target, count in self._targets.items()
            if count >= (PER_CHANNEL if target in self._accounts else PER_WEBHOOK)
        ]
        if self._pools[WEBHOOK_POOL] >= WEBHOOKS_AT_ONCE:
            found.append(WEBHOOK_POOL)
        for pool, accounts in self._accounts.items():
            prefix = "" if pool == WEBHOOK_POOL else f"{pool} "
            share = _share(pool, len(accounts))
            found += [prefix + each for each, count in accounts.items() if count >= share]
        return found

    def counts(self) -> dict[str, int]:
        """Return the deliveries in flight by target, and by pool and account; and each pool's shares:
        of an account that has something in flight, and of one that has nothing."""
        found = dict(self._targets)
        for pool, accounts in self._accounts.items():
            found |= {f"{pool} {each}": count for each, count in accounts.items()}
            found[f"share {pool}"] = _share(pool, len(accounts))
            found[f"new {pool}"] = _share(pool, len(accounts) + 1)
        return found


def _pool(kind: DeliveryKind, target: str) -> str:
    return WEBHOOK_POOL if kind is DeliveryKind.WEBHOOK else target


def _share(pool: str, accounts: int) -> int:
    """Return the share of one of this many accounts: one share more is kept free."""
    if pool == WEBHOOK_POOL:
        return max(1, min(WEBHOOKS_OF_ONE_ACCOUNT, WEBHOOKS_AT_ONCE // (accounts + 1)))
    return max(1, PER_CHANNEL // (max(accounts, 1) + 1))


def _decrement(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
