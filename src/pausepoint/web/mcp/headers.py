"""The headers of the stateless era: they say what the body says, or the request is refused.

MCP specification 2026-07-28, page Streamable HTTP, "Request Metadata" and "Server Validation".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pausepoint.mcp.core import CAPABILITIES_KEY, HANDSHAKE_VERSIONS, VERSION_KEY
from pausepoint.mcp.messages import meta_of

Header: TypeAlias = Callable[[bytes], str | None]
"""The first value of the header of that name, which is in lower case."""

_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")
_NAMED_BY: Final = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def is_stateless(header: Header, message: Mapping[str, Any] | None = None) -> bool:
    """Return True if the request is of the stateless protocol, by its headers or by its message."""
    version = header(b"mcp-protocol-version")
    if version is not None and version not in HANDSHAKE_VERSIONS:
        return True
    if message is None:
        return False
    return VERSION_KEY in _meta(message) or message.get("method") == "server/discover"


def mismatch(header: Header, message: Mapping[str, Any]) -> str | None:
    """Return the header that contradicts the message; None if there is none, or `_meta` is invalid."""
    meta = _meta(message)
    if VERSION_KEY not in meta or CAPABILITIES_KEY not in meta:
        return None
    expected = {"MCP-Protocol-Version": meta[VERSION_KEY], "Mcp-Method": message.get("method")}
    named_by = _NAMED_BY.get(str(message.get("method")))
    if named_by is not None and (name := message["params"].get(named_by)) is not None:
        expected["Mcp-Name"] = name
    for title, said in expected.items():
        given = header(title.lower().encode("ascii"))
        if given is None:
            return f"The header {title} is missing"
        if (_decoded(given.strip()) if title == "Mcp-Name" else given.strip()) != said:
            return f"The header {title} does not say what the message says"
    return None


def _meta(message: Mapping[str, Any]) -> dict[str, Any]:
    params = message.get("params")
    return meta_of(params) if isinstance(params, dict) else {}


def _decoded(value: str) -> str | None:
    """A value that may be `=?base64?…?=`; None where that cannot be decoded."""
    encoded = _ENCODED.fullmatch(value)
    if encoded is None:
        return value
    try:
        return base64.b64decode(encoded[1], validate=True).decode()
    except ValueError:
        return None
