"""Accounts: made with their two keys, listed, switched off."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from pausepoint.domain.account import ApiKey, Developer, wrong_account_name
from pausepoint.domain.errors import EmailTaken, RegistrationClosed, ValidationFailed
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.ids import API_KEY, DEVELOPER, new_id
from pausepoint.domain.mode import Mode
from pausepoint.domain.recipients import ROUTED_ADDRESS, is_routed
from pausepoint.domain.scopes import UNRESTRICTED, KeyRestrictions
from pausepoint.domain.time import Instant
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import hash_api_key, key_prefix, new_api_key
from pausepoint.security.display_safe import skeleton
from pausepoint.security.passwords import hash_password
from pausepoint.store.changes import (
    Applied,
    Change,
    InsertApiKey,
    InsertDeveloper,
    SetDeveloperDisabled,
    SetDeveloperPlan,
    account_entry,
)

PASSWORD_LENGTHS = range(8, 201)


@dataclass(frozen=True, slots=True)
class Registered:
    """The account, and its keys in clear: the only time that they are seen."""

    developer: Developer
    live_key: str
    test_key: str


async def register_publicly(services: Services, email: str, name: str, password: str) -> Registered:
    """As register_developer, for public registration. Raises RegistrationClosed."""
    if not services.policy.registration_is_open:
        raise RegistrationClosed
    return await register_developer(services, email, name, password)


async def register_developer(
    services: Services, email: str, name: str, password: str | None = None
) -> Registered:
    """Raises ValidationFailed, EmailTaken. An account without a password has no sign-in."""
    address = _check(email, name, password)
    password_hash = None
    if password is not None:
        async with services.password_capacity.turn():
            password_hash = await asyncio.to_thread(hash_password, password)
    now = services.clock.now()
    developer = Developer(
        developer_id=new_id(DEVELOPER, now),
        email=address,
        name=name.strip(),
        plan=services.policy.default_plan,
        created_at=now,
        password_hash=password_hash,
    )
    live, test = new_api_key(Mode.LIVE), new_api_key(Mode.TEST)
    result = await services.store.apply(
        Change(
            guard=InsertDeveloper(developer),
            rows=(
                InsertApiKey(api_key_record(developer.developer_id, Mode.LIVE, live, "live", now)),
                InsertApiKey(api_key_record(developer.developer_id, Mode.TEST, test, "test", now)),
                account_entry(developer.developer_id, Event.DEVELOPER_REGISTERED, Actor.DEVELOPER),
            ),
        )
    )
    if not isinstance(result, Applied):
        raise EmailTaken
    return Registered(developer, live, test)


async def set_developer_disabled(services: Services, developer_id: str, disabled: bool) -> bool:
    """Disable or enable an account. Return True if that changed it. A disabled account's keys are rejected."""
    event = Event.DEVELOPER_DISABLED if disabled else Event.DEVELOPER_ENABLED
    entry = account_entry(developer_id, event, Actor.SYSTEM)
    change = Change((entry,), SetDeveloperDisabled(developer_id, disabled))
    return isinstance(await services.store.apply(change), Applied)


async def set_developer_plan(services: Services, developer_id: str, plan: str) -> bool:
    """Set an account's plan. Return True if that changed it. Raises ValidationFailed for an unknown plan."""
    if plan not in services.policy.plans:
        known = ", ".join(services.policy.plans)
        raise ValidationFailed(("plan", f"Must be one of: {known}."))
    entry = account_entry(developer_id, Event.DEVELOPER_PLAN_SET, Actor.SYSTEM)
    change = Change((entry,), SetDeveloperPlan(developer_id, plan))
    return isinstance(await services.store.apply(change), Applied)


def api_key_record(
    developer_id: str,
    mode: Mode,
    key: str,
    name: str,
    now: Instant,
    restrictions: KeyRestrictions = UNRESTRICTED,
) -> ApiKey:
    return ApiKey(
        key_id=new_id(API_KEY, now),
        developer_id=developer_id,
        mode=mode,
        prefix=key_prefix(key),
        key_hash=hash_api_key(key),
        name=name,
        created_at=now,
        restrictions=restrictions,
    )


def _check(email: str, name: str, password: str | None) -> str:
    wrong: list[tuple[str, str]] = []
    address = email
    try:
        address = validate_email(
            email, check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError as error:
        wrong.append(("email", str(error)))
    else:
        if is_routed(address):
            wrong.append(("email", ROUTED_ADDRESS))
    if sentence := wrong_account_name(name, skeleton):
        wrong.append(("name", sentence))
    if password is not None and len(password) not in PASSWORD_LENGTHS:
        wrong.append(("password", "Must have 8 to 200 characters."))
    if wrong:
        raise ValidationFailed(*wrong)
    return address
