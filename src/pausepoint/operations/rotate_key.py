"""API keys after registration: rotated by their holder, made and revoked by the operator."""

from __future__ import annotations

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import InvalidApiKey
from pausepoint.domain.events import Actor, Event
from pausepoint.domain.pause import Mode
from pausepoint.operations.register_developer import api_key_record
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import new_api_key
from pausepoint.store.base import (
    Applied,
    Change,
    InsertApiKey,
    InsertAuditEntry,
    RevokeApiKey,
)


async def rotate_key(services: Services, principal: Principal) -> str:
    """The new key of the same mode, in clear, once. The old one is dead in the same instant."""
    key = new_api_key(principal.mode)
    record = api_key_record(
        principal.developer_id, principal.mode, key, principal.mode.value, services.clock.now()
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


async def create_key(services: Services, developer_id: str, mode: Mode, name: str) -> str:
    """One more key of an account, in clear, once."""
    key = new_api_key(mode)
    record = api_key_record(developer_id, mode, key, name, services.clock.now())
    entry = _entry(developer_id, Event.API_KEY_CREATED, record.key_id)
    await services.store.apply(Change(rows=(InsertApiKey(record), entry)))
    return key


async def revoke_key(services: Services, developer_id: str, key_id: str) -> bool:
    """Whether there was such a key, and alive."""
    entry = _entry(developer_id, Event.API_KEY_REVOKED, key_id)
    change = Change(guard=RevokeApiKey(key_id, developer_id), rows=(entry,))
    return isinstance(await services.store.apply(change), Applied)


def _entry(developer_id: str, event: Event, key_id: str) -> InsertAuditEntry:
    return InsertAuditEntry(developer_id, None, event, Actor.DEVELOPER, None, {"key_id": key_id})
