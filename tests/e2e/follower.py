"""A program that follows the feed: reads, remembers the last id, comes back whenever it is cut off."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import httpx2

BETWEEN_TRIES: Final = 0.05


class Follower:
    """Follows the server at `base_url`, which may be changed meanwhile, until the `with` ends."""

    def __init__(
        self, base_url: str, key: str, types: str | None = None, last_event_id: str | None = None
    ) -> None:
        self.base_url = base_url
        self.connections = 0
        self.last_event_id = last_event_id
        self.ended_well = 0
        """How many streams the server brought to their end."""

        self._key = key
        self._types = types
        self._events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._ended = threading.Event()
        self._response: httpx2.Response | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self.cut()
        self._thread.join()

    def wait_for(
        self, enough: Callable[[list[dict[str, Any]]], object], within: float = 30
    ) -> list[dict[str, Any]]:
        """All events that came, as soon as they are enough."""
        with self._news:
            assert self._news.wait_for(lambda: enough(self._events), within), self._events
            return list(self._events)

    def wait_until_heard(self, connections: int = 1) -> None:
        """Returns once it has been told, on so many connections, where to go on."""
        with self._news:
            assert self._news.wait_for(lambda: self.connections >= connections, 30)

    def cut(self) -> None:
        """The line breaks."""
        response = self._response
        if response is not None:
            stream: Any = response.extensions["network_stream"]
            sock = stream.get_extra_info("socket")
            if sock.fileno() >= 0:
                sock.shutdown(2)

    def _run(self) -> None:
        with httpx2.Client(trust_env=False, timeout=httpx2.Timeout(20)) as client:
            while not self._ended.is_set():
                try:
                    self._follow(client)
                    self.ended_well += 1
                except (httpx2.TransportError, OSError):
                    self._ended.wait(BETWEEN_TRIES)
                finally:
                    self._response = None

    def _follow(self, client: httpx2.Client) -> None:
        headers = {"Authorization": f"Bearer {self._key}"}
        if self.last_event_id is not None:
            headers["Last-Event-ID"] = self.last_event_id
        query = {"types": self._types} if self._types else {}
        url = f"{self.base_url}/v1/events"
        with client.stream("GET", url, params=query, headers=headers) as response:
            if response.status_code == 503:
                raise httpx2.TransportError("not yet")
            assert response.status_code == 200, response.read()
            self._response = response
            event_id, data = None, None
            for line in response.iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    event_id = value
                elif name == "data":
                    data = value
                elif name == "" and event_id is not None:
                    self._take(event_id, data)
                    event_id, data = None, None

    def _take(self, event_id: str, data: str | None) -> None:
        with self._news:
            self.last_event_id = event_id
            if data is None:
                self.connections += 1
            else:
                self._events.append({"id": event_id, **json.loads(data)})
            self._news.notify_all()
