"""API keys after registration: rotated, made and revoked, by their holder or by the operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pausepoint.domain.account import ApiKey, Principal, wrong_name
from pausepoint.domain.errors import (
    InvalidApiKey,
    KeyNotFound,
    ScopeMissing,
    TooManyKeys,
    ValidationFailed,
)
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.mode import Mode
from pausepoint.domain.scopes import UNRESTRICTED, KeyRestrictions
from pausepoint.operations.account_lock import account_lock
from pausepoint.operations.register_developer import api_key_record
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import new_api_key
from pausepoint.store.changes import (
    Applied,
    Change,
    InsertApiKey,
    InsertAuditEntry,
    RevokeApiKey,
    account_entry,
)

KEYS_LIMIT: Final = 100
"""How many keys of an account are alive at most."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """The key in clear: the only time that it is seen."""

    record: ApiKey
    key: str


async def rotate_key(services: Services, principal: Principal) -> str:
    """The new key, as far-reaching as the old, in clear, once. The old one is dead in the same instant."""
    old = await _alive(services, principal.developer_id, principal.key_id)
    if old is None:
        raise InvalidApiKey
    key, now = new_api_key(principal.mode), services.clock.now()
    record = api_key_record(
        principal.developer_id, principal.mode, key, old.name, now, principal.restrictions
    )
    result = await services.store.apply(
        Change(
            guard=RevokeApiKey(principal.key_id, principal.developer_id),
            rows=(
                InsertApiKey(record),
                _entry(principal.developer_id, Event.API_KEY_ROTATED, record.key_id),
            ),
        )
    )
    if not isinstance(result, Applied):
        raise InvalidApiKey
    return key


async def create_own_key(
    services: Services, principal: Principal, name: str, restrictions: KeyRestrictions
) -> NewKey:
    """One more key, of the same mode. Raises ScopeMissing where it would reach further than this one."""
    if not restrictions.is_within(principal.restrictions):
        raise ScopeMissing(
            "The new key may not reach further than this one: give it scopes that this one has, an"
            " end no later, and networks within this one's."
        )
    return await create_key(services, principal.developer_id, principal.mode, name, restrictions)


async def create_key(
    services: Services,
    developer_id: str,
    mode: Mode,
    name: str,
    restrictions: KeyRestrictions = UNRESTRICTED,
) -> NewKey:
    """One more key of an account. Raises ValidationFailed, TooManyKeys."""
    now = services.clock.now()
    if sentence := wrong_name(name):
        raise ValidationFailed(("name", sentence))
    if restrictions.has_expired(now):
        raise ValidationFailed(("expires_at", "Must lie in the future."))
    async with account_lock(developer_id):
        alive = [key for key in await services.store.api_keys(developer_id) if key.is_alive(now)]
        if len(alive) >= KEYS_LIMIT:
            raise TooManyKeys
        key = new_api_key(mode)
        record = api_key_record(developer_id, mode, key, name, now, restrictions)
        entry = _entry(developer_id, Event.API_KEY_CREATED, record.key_id)
        await services.store.apply(Change(rows=(InsertApiKey(record), entry)))
    return NewKey(record, key)


async def own_keys(services: Services, principal: Principal) -> list[ApiKey]:
    """Those of the same account and mode that still open something, oldest first."""
    now = services.clock.now()
    return [
        key
        for key in await services.store.api_keys(principal.developer_id)
        if key.mode is principal.mode and key.is_alive(now)
    ]


async def revoke_own_key(services: Services, principal: Principal, key_id: str) -> None:
    """Raises KeyNotFound, and ScopeMissing for a key that reaches further than this one."""
    for key in await own_keys(services, principal):
        if key.key_id == key_id:
            break
    else:
        raise KeyNotFound
    if not key.restrictions.is_within(principal.restrictions):
        raise ScopeMissing(
            "The key reaches further than this one, which may not revoke it. Use a key that reaches"
            " as far, or `pausepoint keys revoke`."
        )
    await revoke_key(services, principal.developer_id, key_id)


async def revoke_key(services: Services, developer_id: str, key_id: str) -> bool:
    """Revoke a key. Return True if there was an active one."""
    entry = _entry(developer_id, Event.API_KEY_REVOKED, key_id)
    change = Change(guard=RevokeApiKey(key_id, developer_id), rows=(entry,))
    return isinstance(await services.store.apply(change), Applied)


async def _alive(services: Services, developer_id: str, key_id: str) -> ApiKey | None:
    now = services.clock.now()
    for key in await services.store.api_keys(developer_id):
        if key.key_id == key_id and key.is_alive(now):
            return key
    return None


def _entry(developer_id: str, event: Event, key_id: str) -> InsertAuditEntry:
    return account_entry(developer_id, event, Actor.DEVELOPER, key_id=key_id)
