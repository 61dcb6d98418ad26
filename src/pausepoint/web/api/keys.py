"""/v1/keys: more keys for one account, each for what it is for."""

from __future__ import annotations

from pausepoint.domain.errors import ValidationFailed
from pausepoint.domain.scopes import KeyRestrictions, Scope, networks_of
from pausepoint.domain.time import Instant, from_rfc3339
from pausepoint.operations.manage_keys import create_own_key, own_keys, revoke_own_key
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas.keys import (
    CreatedKeyBody,
    CreateKeyRequest,
    KeyList,
    created_key_body,
    key_body,
)


async def create(call: Call) -> CreatedKeyBody:
    made = await create_own_key(call.services, call.caller, call.body.name, _reach(call))
    return created_key_body(made.record, made.key)


async def list_all(call: Call) -> KeyList:
    return KeyList(items=[key_body(key) for key in await own_keys(call.services, call.caller)])


async def revoke(call: Call) -> None:
    await revoke_own_key(call.services, call.caller, call.path["key_id"])


def _reach(call: Call) -> KeyRestrictions:
    """Omitted fields are inherited from the calling key. Raises ValidationFailed with all problems."""
    body: CreateKeyRequest = call.body
    own = call.caller.restrictions
    wrong: list[tuple[str, str]] = []
    scopes, expires_at, networks = own.scopes, own.expires_at, own.networks
    if body.scopes is not None:
        try:
            scopes = frozenset(map(Scope, body.scopes))
        except ValueError:
            wrong.append(("scopes", f"Must be out of: {', '.join(Scope)}."))
        if not body.scopes:
            wrong.append(("scopes", "Give at least one, or leave it out."))
    if body.expires_at is not None:
        expires_at = _instant(body.expires_at, wrong)
    if body.networks:
        try:
            networks = networks_of(body.networks)
        except ValueError as error:
            wrong.append(("networks", f"Must be addresses or networks: {error}."))
    if wrong:
        raise ValidationFailed(*wrong)
    return KeyRestrictions(scopes, expires_at, networks)


def _instant(text: str, wrong: list[tuple[str, str]]) -> Instant | None:
    try:
        return from_rfc3339(text)
    except ValueError:
        wrong.append(("expires_at", "Must be an instant such as 2027-01-01T00:00:00Z."))
        return None
