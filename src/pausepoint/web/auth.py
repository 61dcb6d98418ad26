"""Who is calling: the API key in the Authorization header."""

from __future__ import annotations

from starlette.requests import Request

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import InvalidApiKey
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import hash_api_key, is_well_formed
from pausepoint.web.headers import header


async def principal_of(request: Request, services: Services) -> Principal:
    """Raises InvalidApiKey, the same for no key, a malformed, unknown and revoked one."""
    scheme, _, given = (header(request, b"authorization") or "").partition(" ")
    key = given.strip()
    if scheme.lower() != "bearer" or not is_well_formed(key):
        raise InvalidApiKey
    principal = await services.store.principal(hash_api_key(key))
    if principal is None:
        raise InvalidApiKey
    return principal
