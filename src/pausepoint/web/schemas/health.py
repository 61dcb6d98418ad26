"""/health: is it well?"""

from __future__ import annotations

from msgspec import Struct


class HealthBody(Struct, kw_only=True):
    status: str
    version: str
