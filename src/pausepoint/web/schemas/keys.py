"""/v1/keys: an account's keys, never in clear but once."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Struct

from pausepoint.domain.account import ApiKey
from pausepoint.domain.scopes import Scope
from pausepoint.domain.time import to_rfc3339
from pausepoint.web.schemas import Timestamp, described, optional_time


class CreateKeyRequest(Struct, kw_only=True):
    name: Annotated[str, described("What the key is for: one line.")]
    scopes: Annotated[
        list[str] | None,
        described(f"What it may do: {', '.join(Scope)}. All that this key may do, if left out."),
    ] = None
    expires_at: Annotated[
        Timestamp | None, described("From then on it opens nothing. Never, if left out.")
    ] = None
    networks: Annotated[
        list[str], described("Addresses or networks (CIDR) that it may be used from; none: any.")
    ] = []


class KeyBody(Struct, kw_only=True):
    key_id: str
    name: str
    mode: str
    prefix: Annotated[str, described("Its first characters.")]
    scopes: Annotated[list[str] | None, described("null: all.")]
    expires_at: Timestamp | None
    networks: list[str]
    last_used_at: Annotated[Timestamp | None, described("To the minute or two.")]
    created_at: Timestamp


class CreatedKeyBody(KeyBody, kw_only=True):
    api_key: Annotated[str, described("The key. Shown once.")]


class KeyList(Struct, kw_only=True):
    items: list[KeyBody]


def key_body(key: ApiKey) -> KeyBody:
    return KeyBody(**key_fields(key))


def created_key_body(key: ApiKey, clear: str) -> CreatedKeyBody:
    return CreatedKeyBody(**key_fields(key), api_key=clear)


def key_fields(key: ApiKey) -> dict[str, Any]:
    """As the API and the operator's commands show a key."""
    restrictions = key.restrictions
    return {
        "key_id": key.key_id,
        "name": key.name,
        "mode": key.mode.value,
        "prefix": key.prefix,
        "scopes": None if restrictions.scopes is None else sorted(restrictions.scopes),
        "expires_at": optional_time(restrictions.expires_at),
        "networks": [str(network) for network in restrictions.networks],
        "last_used_at": optional_time(key.last_used_at),
        "created_at": to_rfc3339(key.created_at),
    }
