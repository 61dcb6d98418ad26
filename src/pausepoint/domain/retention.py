"""Minimum retention."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

AUDIT_KEPT_AT_LEAST: Final = timedelta(days=183)
"""Deployers of high-risk AI systems keep logs for six months: EU AI Act, article 26 (6)."""
