"""More keys, that may do less."""

from __future__ import annotations

from typing import Final

from pausepoint.domain import errors as e
from pausepoint.domain.scopes import Scope
from pausepoint.web.api import keys
from pausepoint.web.endpoint import Endpoint
from pausepoint.web.schemas.keys import CreatedKeyBody, CreateKeyRequest, KeyList

ENDPOINTS: Final = (
    Endpoint(
        method="POST",
        path="/v1/keys",
        handler=keys.create,
        operation_id="createKey",
        summary="Make one more key, that may do less",
        tag="Keys",
        scope=Scope.KEYS_WRITE,
        request=CreateKeyRequest,
        example={"name": "deploy bot", "scopes": ["pauses:create", "pauses:read"]},
        response=CreatedKeyBody,
        status=201,
        errors=(e.TooManyKeys,),
    ),
    Endpoint(
        method="GET",
        path="/v1/keys",
        handler=keys.list_all,
        operation_id="listKeys",
        summary="List your keys of this mode",
        tag="Keys",
        scope=Scope.KEYS_WRITE,
        response=KeyList,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/keys/{key_id}",
        handler=keys.revoke,
        operation_id="revokeKey",
        summary="Revoke a key",
        tag="Keys",
        scope=Scope.KEYS_WRITE,
        status=204,
        errors=(e.KeyNotFound,),
    ),
)
