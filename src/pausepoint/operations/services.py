"""The dependencies of every operation: store, clock, channels, HTTP client, operator's policy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from pausepoint.channels.base import AnyChannel, AnyTransport, HttpClient
from pausepoint.clock import Clock
from pausepoint.domain.hook_rules import NO_RULES, HookRules
from pausepoint.domain.mode import Mode
from pausepoint.domain.plans import UNLIMITED_PLAN, USUAL_PLANS, Plan
from pausepoint.domain.recipients import RecipientRules
from pausepoint.domain.time import Instant
from pausepoint.limits.capacity import CapacityLimiter
from pausepoint.limits.limiter import Limiter
from pausepoint.observability.observer import SILENT, Observer
from pausepoint.store.base import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's choices that operations need. `secret_keys`: the first one signs."""

    secret_keys: tuple[str, ...]
    public_url: str
    registration_is_open: bool
    reveals_respond_url: bool = False
    default_plan: str = UNLIMITED_PLAN
    plans: Mapping[str, Plan] = field(default_factory=lambda: USUAL_PLANS)
    outbound_allow: tuple[IPv4Network | IPv6Network, ...] = ()
    max_wait_seconds: int = 45
    hook_rules: HookRules = NO_RULES
    content_kept: timedelta | None = None
    audit_kept: timedelta | None = None
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    recipients: RecipientRules = field(default_factory=RecipientRules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`transports` holds, for each mode, the channels that can send; a test message on a channel
    that is not there is simulated, a live one refused. `chance` gives numbers in [0, 1).
    """

    store: Store
    clock: Clock
    channels: Mapping[str, AnyChannel]
    transports: Mapping[Mode, Mapping[str, AnyTransport]]
    http: HttpClient
    policy: Policy
    chance: Callable[[], float]
    readiness: Callable[[], Awaitable[None]]
    observer: Observer = SILENT
    keys_used: dict[str, Instant] = field(default_factory=dict)
    """When each key was used last, as far as that is not written yet; by the key's id."""

    password_capacity: CapacityLimiter = field(
        default_factory=lambda: CapacityLimiter(at_once=2, waiting=32)
    )
    """A password's hash takes 64 MiB and a tenth of a second: a crowd must not take it all."""

    limiter: Limiter | None = None
    """None where the operator has switched the limits off."""
