"""Error context: an error about a fallback names its place in the list."""

from __future__ import annotations

from pausepoint.domain.errors import PausePointError


class error_context:
    """Around what may fail for one of them: 0 is the recipient, which goes without saying."""

    def __init__(self, place: int) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if self._place and isinstance(error, PausePointError):
            message = f"fallback[{self._place - 1}]: {error.message}"
            raise type(error)(message, retry_after=error.retry_after) from None
