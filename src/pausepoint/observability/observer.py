"""Metrics hooks. The default implementation is a no-op."""

from __future__ import annotations

from typing import Final, Protocol


class Observer(Protocol):
    """Called where it happens, from any thread: each call must be cheap and never raise."""

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the pattern, not the path."""
        ...

    def batch_committed(self, changes: int, seconds: float) -> None:
        """A committed transaction: its number of changes and its duration in the database."""
        ...

    def attempt_ended(self, target: str, outcome: str) -> None:
        """`target` is a channel's name, or `webhook`; `outcome` as in domain/delivery.py."""
        ...

    def pause_ended(self, status: str) -> None:
        """This process ended a pause as responded, timed_out or cancelled."""
        ...

    def account_muted(self, reason: str) -> None:
        """A person muted or reported an account."""
        ...


class Silent:
    """A no-op."""

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        pass

    def batch_committed(self, changes: int, seconds: float) -> None:
        pass

    def attempt_ended(self, target: str, outcome: str) -> None:
        pass

    def pause_ended(self, status: str) -> None:
        pass

    def account_muted(self, reason: str) -> None:
        pass


SILENT: Final = Silent()
