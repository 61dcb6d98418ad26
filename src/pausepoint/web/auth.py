"""Who is calling: the API key in the Authorization header."""

from __future__ import annotations

from starlette.requests import Request

from pausepoint.domain.account import Principal
from pausepoint.domain.errors import InvalidApiKey
from pausepoint.operations.services import Services
from pausepoint.security.api_keys import hash_api_key, is_well_formed
from pausepoint.web.headers import header


def presented_key(request: Request) -> str | None:
    """The key of the request, if it has one of the right form."""
    scheme, _, given = (header(request, b"authorization") or "").partition(" ")
    key = given.strip()
    return key if scheme.lower() == "bearer" and is_well_formed(key) else None


async def principal_of(key: str | None, services: Services) -> Principal:
    """Raises InvalidApiKey, the same for no key, a malformed, unknown and revoked one."""
    if key is None:
        raise InvalidApiKey
    principal = await services.store.principal(hash_api_key(key))
    if principal is None:
        raise InvalidApiKey
    if principal.restrictions.has_expired(services.clock.now()):
        raise InvalidApiKey("This key has expired. Use another, or ask for a new one.")
    return principal
