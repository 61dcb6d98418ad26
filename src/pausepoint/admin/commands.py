"""The operator's commands on accounts and keys, by name and JSON arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias

from pausepoint.admin.recipients import OF_ACCOUNT, OF_NONE
from pausepoint.domain.errors import PausePointError
from pausepoint.domain.mode import Mode
from pausepoint.domain.scopes import KeyRestrictions, Scope, networks_of
from pausepoint.domain.time import milliseconds, to_rfc3339
from pausepoint.operations.manage_keys import create_key, revoke_key
from pausepoint.operations.register_developer import (
    register_developer,
    set_developer_disabled,
    set_developer_plan,
)
from pausepoint.operations.services import Services
from pausepoint.web.schemas.keys import key_fields

Answer: TypeAlias = dict[str, Any]


class AdminError(Exception):
    """The command was refused; the message says why."""


async def _accounts_create(services: Services, *, email: str, name: str) -> Answer:
    registered = await register_developer(services, email, name)
    return {
        "developer_id": registered.developer.developer_id,
        "api_key": registered.live_key,
        "test_api_key": registered.test_key,
    }


async def _accounts_list(services: Services) -> Answer:
    return {
        "items": [
            {
                "developer_id": developer.developer_id,
                "email": developer.email,
                "name": developer.name,
                "plan": developer.plan,
                "created_at": to_rfc3339(developer.created_at),
                "disabled": developer.disabled_at is not None,
            }
            for developer in await services.store.developers()
        ]
    }


async def _accounts_disable(services: Services, *, account: str, disabled: bool) -> Answer:
    developer_id = await _developer_id(services, account)
    changed = await set_developer_disabled(services, developer_id, disabled)
    return {"developer_id": developer_id, "disabled": disabled, "changed": changed}


async def _accounts_set_plan(services: Services, *, account: str, plan: str) -> Answer:
    developer_id = await _developer_id(services, account)
    changed = await set_developer_plan(services, developer_id, plan)
    return {"developer_id": developer_id, "plan": plan, "changed": changed}


async def _keys_create(
    services: Services,
    *,
    account: str,
    mode: str,
    name: str,
    scopes: list[str],
    days: float | None,
    networks: list[str],
) -> Answer:
    developer_id = await _developer_id(services, account)
    restrictions = KeyRestrictions(
        frozenset(map(Scope, scopes)) or None,
        None if days is None else services.clock.now() + milliseconds(timedelta(days=days)),
        networks_of(networks),
    )
    made = await create_key(services, developer_id, Mode(mode), name, restrictions)
    return {"developer_id": developer_id, **key_fields(made.record), "api_key": made.key}


async def _keys_list(services: Services, *, account: str) -> Answer:
    developer_id = await _developer_id(services, account)
    return {
        "items": [
            {**key_fields(key), "revoked": key.revoked_at is not None}
            for key in await services.store.api_keys(developer_id)
        ]
    }


async def _keys_revoke(services: Services, *, key_id: str) -> Answer:
    for developer in await services.store.developers():
        if any(
            key.key_id == key_id for key in await services.store.api_keys(developer.developer_id)
        ):
            revoked = await revoke_key(services, developer.developer_id, key_id)
            return {"key_id": key_id, "changed": revoked}
    raise AdminError(f"There is no key {key_id}. `pausepoint keys list ACCOUNT` shows them.")


async def _developer_id(services: Services, account: str) -> str:
    if account.startswith("dev_"):
        developer = await services.store.developer(account)
    else:
        developer = await services.store.developer_by_email(account)
    if developer is None:
        raise AdminError(f"There is no account {account}. `pausepoint accounts list` shows them.")
    return developer.developer_id


def _of_account(command: Callable[..., Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
    async def carried_out(services: Services, *, account: str, **arguments: Any) -> Answer:
        developer_id = await _developer_id(services, account)
        return await command(services, developer_id=developer_id, **arguments)

    return carried_out


_COMMANDS: Final[Mapping[str, Callable[..., Awaitable[Answer]]]] = {
    "accounts.create": _accounts_create,
    "accounts.list": _accounts_list,
    "accounts.disable": _accounts_disable,
    "accounts.set_plan": _accounts_set_plan,
    "keys.create": _keys_create,
    "keys.list": _keys_list,
    "keys.revoke": _keys_revoke,
    **{name: _of_account(command) for name, command in OF_ACCOUNT.items()},
    **OF_NONE,
}


async def execute(services: Services, command: str, arguments: Mapping[str, Any]) -> Answer:
    """Execute a command. Raises AdminError."""
    try:
        return await _COMMANDS[command](services, **arguments)
    except PausePointError as error:
        problems = "; ".join(f"{field}: {text}" for field, text in getattr(error, "detail", ()))
        raise AdminError(problems or error.message) from error
