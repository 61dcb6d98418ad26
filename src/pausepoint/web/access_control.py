"""Who comes in, and how often: by a key, by the person's link, or by neither. Each way has its limit."""

from __future__ import annotations

from typing import Final

import structlog
from starlette.requests import Request
from starlette.types import Scope

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import AddressNotAllowed, InvalidApiKey, RateLimited
from pausepoint.limits.limiter import Limit, Limiter
from pausepoint.limits.window import Verdict
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import key_prefix
from pausepoint.security.response_tokens import verify
from pausepoint.web.auth import presented_key, principal_of
from pausepoint.web.client_address import client_address, peer_address, says_more

RATE: Final = "pausepoint.rate"
"""The key of the ASGI scope for the verdict that becomes rate-limit headers."""

HELD: Final = "pausepoint.held"
"""Where the scope says that the request waits: the key's id, and since when."""

LONG_WAIT: Final = 5
"""Seconds. A request that asks for as long a wait is limited by how many wait at once, not by rate."""

_SAYING: Final = {
    Limit.KEY: "One key may make {} requests a minute.",
    Limit.EARLY: "Waits of one key that end within five seconds count: {} a minute.",
    Limit.ADDRESS: "One address may make {} requests a minute.",
    Limit.NO_KEY: "Without a valid key one address may make {} requests a minute.",
    Limit.SIGN_IN: "One address may try to register or to sign in {} times a minute.",
    Limit.TRIED_KEY: "Keys with the same beginning may be tried {} times a minute.",
    Limit.ANSWERS: "One question takes {} answers a minute.",
    Limit.LOOKS: "One question may be looked at {} times a minute.",
}

log = structlog.get_logger("pausepoint.web")


class AccessControl:
    """Without a limiter requests are not limited; keys are checked all the same.

    A right key is never refused for the wrong ones that others try from the same address.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._clock = services.clock
        self._limiter: Limiter | None = services.limiter
        self._trusted = services.policy.trusted_proxies
        self._has_warned = bool(self._trusted)

    # ── By a key ──

    async def identify(self, request: Request) -> Principal:
        """Whose key it is; the request itself is not counted yet.

        Raises InvalidApiKey, AddressNotAllowed, RateLimited.
        """
        key = presented_key(request)
        if self._limiter is None:
            return self._admitted(request, await principal_of(key, self._services))
        try:
            principal = await principal_of(key, self._services)
        except InvalidApiKey:
            address = client_address(request.scope, self._trusted)
            if address:
                self._count(request.scope, Limit.NO_KEY, address)
            if key is not None:
                self._count(request.scope, Limit.TRIED_KEY, key_prefix(key))
            raise
        return self._admitted(request, principal)

    def _admitted(self, request: Request, principal: Principal) -> Principal:
        scope = request.scope
        # A request from inside was admitted outside.
        if principal.restrictions.networks and "client" in scope:
            address = peer_address(scope, self._trusted)
            if not principal.restrictions.is_open_to(address):
                raise AddressNotAllowed
        self._services.keys_used[principal.key_id] = self._clock.now()
        return principal

    def count(self, request: Request, principal: Principal) -> None:
        """Count one request of this key, then of its address. Raises RateLimited.

        What the key's own limit refuses is not counted for the address: one key cannot use up
        what others behind the same address share.
        """
        if self._limiter is not None:
            self._count(request.scope, Limit.KEY, principal.key_id)
            self.count_address(request)

    def count_address(self, request: Request) -> None:
        """Count one request with a valid key from this address. Raises RateLimited."""
        address = client_address(request.scope, self._trusted)
        if self._limiter is not None and address:
            verdict = self._limiter.hit(Limit.ADDRESS, address, self._clock.now())
            if verdict.retry_after:
                self._refuse(request.scope, Limit.ADDRESS, verdict)

    def hold(self, request: Request, principal: Principal) -> None:
        """One request of this key that may wait for long; `release` ends it. Raises RateLimited.

        It does not count for its address: many agents wait behind one.
        """
        if self._limiter is None:
            return
        key_id, now = principal.key_id, self._clock.now()
        early = self._limiter.look(Limit.EARLY, key_id, now)
        if early.retry_after:
            self._refuse(request.scope, Limit.EARLY, early)
        held = self._limiter.hold(key_id, now)
        if held.retry_after:
            raise RateLimited(
                f"{held.limit} requests of this key wait already. End one, or wait for one to end.",
                retry_after=held.retry_after,
            )
        request.scope[HELD] = (key_id, now)
        request.scope[RATE] = self._limiter.look(Limit.KEY, key_id, now)

    def release(self, scope: Scope) -> None:
        """The request has ended, if it was held. One that ended early counts like any other."""
        held = scope.pop(HELD, None)
        if held is not None and self._limiter is not None:
            key_id, began = held
            self._limiter.release(key_id)
            now = self._clock.now()
            if now - began < LONG_WAIT * 1000:
                self._limiter.add(Limit.KEY, key_id, now)
                self._limiter.add(Limit.EARLY, key_id, now)

    # ── Without one ──

    def by_address(self, request: Request) -> None:
        """Raises RateLimited, as do the others."""
        self._by(request, Limit.NO_KEY)

    def signing_in(self, request: Request) -> None:
        self._by(request, Limit.SIGN_IN)

    def by_link(self, request: Request) -> None:
        """A genuine link is limited by its question: the people of a company share an address."""
        if self._limiter is None:
            return
        policy = self._services.policy
        token = verify(request.path_params["token"], policy.secret_keys)
        if token is None:
            self.by_address(request)
        else:
            answers = request.scope["method"] == "POST"
            limit = Limit.ANSWERS if answers else Limit.LOOKS
            self._count(request.scope, limit, token.pause_id)

    def unlimited(self, request: Request) -> None:
        """The headers are there all the same."""
        address = client_address(request.scope, self._trusted)
        if self._limiter is not None and address:
            request.scope[RATE] = self._limiter.look(Limit.NO_KEY, address, self._clock.now())

    def _by(self, request: Request, limit: Limit) -> None:
        address = client_address(request.scope, self._trusted)
        if self._limiter is not None and address:
            self._count(request.scope, limit, address)

    def _count(self, scope: Scope, limit: Limit, subject: str) -> None:
        assert self._limiter is not None
        verdict = scope[RATE] = self._limiter.hit(limit, subject, self._clock.now())
        if verdict.retry_after:
            self._refuse(scope, limit, verdict)

    def _refuse(self, scope: Scope, limit: Limit, verdict: Verdict) -> None:
        scope[RATE] = verdict
        if not self._has_warned and says_more(scope):
            self._has_warned = True
            log.warning(
                "a limit was reached through a proxy, whose clients all count as one:"
                " name it in PAUSEPOINT_TRUSTED_PROXIES"
            )
        raise RateLimited(
            f"{_SAYING[limit].format(verdict.limit)} Try again in {verdict.retry_after} s.",
            retry_after=verdict.retry_after,
        )


def rate_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    verdict: Verdict | None = scope.get(RATE)
    if verdict is None:
        return []
    return [
        (b"x-ratelimit-limit", b"%d" % verdict.limit),
        (b"x-ratelimit-remaining", b"%d" % verdict.remaining),
    ]
