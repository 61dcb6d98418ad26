"""Wall time and waiting, for measuring: a benchmark is made of both."""

# ruff: noqa: TID251 - the product's clock can be set, and what is measured must not be
from __future__ import annotations

import time
from typing import Final

epoch: Final = time.time
"""Seconds since 1970, as deadlines are told."""

wait: Final = time.sleep
"""For another program, or an instant."""
