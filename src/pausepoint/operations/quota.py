"""Quota: pauses a month and channels of an account's plan, for live keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import ChannelNotAllowed, PlanLimitReached, RateLimited
from pausepoint.domain.mode import Mode
from pausepoint.domain.plans import UNLIMITED_PLAN, Plan, month_of
from pausepoint.limits.limiter import Limit
from pausepoint.operations.account_lock import account_lock
from pausepoint.operations.services import Services


@asynccontextmanager
async def within_quota(
    services: Services, principal: Principal, channels: Iterable[str]
) -> AsyncIterator[None]:
    """A pause that is written inside counts for this month.

    Accounts with a quota take turns in this process; several processes may exceed it by as many
    pauses as there are processes. A test key's pause is in no plan's quota, but in an hourly limit.
    Raises ChannelNotAllowed, PlanLimitReached, RateLimited.
    """
    if principal.mode is Mode.TEST:
        count_test_record(services, principal.developer_id)
    if principal.mode is Mode.TEST or principal.plan == UNLIMITED_PLAN:
        yield
        return
    plan = _plan_of(services, principal)
    if missing := plan.missing_channel(channels):
        raise ChannelNotAllowed(f"The plan {principal.plan} does not include {missing}.")
    if plan.pauses_a_month is None:
        yield
        return
    async with account_lock(principal.developer_id):
        since = month_of(services.clock.now())
        used = await services.store.count_pauses(principal.developer_id, Mode.LIVE, since)
        if used >= plan.pauses_a_month:
            raise PlanLimitReached(
                f"The plan {principal.plan} has {plan.pauses_a_month} pauses a month, and they are"
                " used up. Ask the operator for another plan, or wait for the next month."
            )
        yield


def count_test_record(services: Services, developer_id: str) -> None:
    """One more pause or recipient of the account's test keys, which no plan limits. Raises RateLimited."""
    if services.limiter is None:
        return
    verdict = services.limiter.hit(Limit.TEST_RECORDS, developer_id, services.clock.now())
    if verdict.retry_after:
        raise RateLimited(
            f"The test keys of one account may make {verdict.limit} pauses and recipients an hour."
            f" Try again in {verdict.retry_after} s.",
            retry_after=verdict.retry_after,
        )


def _plan_of(services: Services, principal: Principal) -> Plan:
    plan = services.policy.plans.get(principal.plan)
    if plan is None:
        raise ChannelNotAllowed(
            f"This server knows no plan called {principal.plan}. Ask its operator."
        )
    return plan
