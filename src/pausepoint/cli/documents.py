"""The client's results as JSON, under the API's names."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pausepoint.client import AuditEntry, Pause


def rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def document(item: Pause | AuditEntry) -> dict[str, Any]:
    """Return the pause as the API's JSON, without the person's link."""
    fields = {name: getattr(item, name) for name in item.__struct_fields__ if name != "respond_url"}
    built: dict[str, Any] = _plain(fields)
    return built


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__struct_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return value
