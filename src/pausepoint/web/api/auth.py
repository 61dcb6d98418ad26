"""/v1/auth: accounts and their keys."""

from __future__ import annotations

from pausepoint.domain.errors import InvalidApiKey
from pausepoint.domain.mode import Mode
from pausepoint.domain.plans import month_of
from pausepoint.domain.time import to_rfc3339
from pausepoint.operations.manage_keys import rotate_key
from pausepoint.operations.register_developer import register_publicly
from pausepoint.web.endpoint import Call
from pausepoint.web.schemas.auth import (
    KeyPrefix,
    MeResponse,
    RegisterResponse,
    RotateResponse,
    Usage,
)


async def register(call: Call) -> RegisterResponse:
    body = call.body
    registered = await register_publicly(call.services, body.email, body.name, body.password)
    return RegisterResponse(
        developer_id=registered.developer.developer_id,
        api_key=registered.live_key,
        test_api_key=registered.test_key,
        plan=registered.developer.plan,
        message="Keep both keys now: they are not shown again.",
    )


async def me(call: Call) -> MeResponse:
    store, developer_id = call.services.store, call.caller.developer_id
    developer = await store.developer(developer_id)
    if developer is None:
        raise InvalidApiKey
    now = call.services.clock.now()
    keys = [key for key in await store.api_keys(developer_id) if key.is_alive(now)]
    return MeResponse(
        developer_id=developer_id,
        email=developer.email,
        name=developer.name,
        plan=developer.plan,
        created_at=to_rfc3339(developer.created_at),
        usage=Usage(
            pauses_this_month=await store.count_pauses(developer_id, Mode.LIVE, month_of(now))
        ),
        keys=[
            KeyPrefix(
                key_id=key.key_id,
                name=key.name,
                mode=key.mode,
                prefix=key.prefix,
                created_at=to_rfc3339(key.created_at),
            )
            for key in keys
        ],
    )


async def rotate(call: Call) -> RotateResponse:
    key = await rotate_key(call.services, call.caller)
    if call.caller.mode is Mode.LIVE:
        return RotateResponse(api_key=key)
    return RotateResponse(test_api_key=key)
