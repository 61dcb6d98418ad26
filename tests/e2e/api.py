"""A small client of the API, and two ways to wait: the product's long poll, and `eventually`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2

T = TypeVar("T")
Json = dict[str, Any]

QUESTION: Final[Json] = {
    "recipient": "+15550100",
    "channel": "sms",
    "message": "Delete 500 records?",
    "options": ["Approve", "Reject"],
}
FINAL: Final = ("responded", "timed_out", "cancelled")
TIMEOUT: Final = httpx2.Timeout(90)


class Api:
    """One key's view of a server. Methods that return JSON demand success first."""

    def __init__(self, base_url: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx2.Client(
            base_url=base_url, headers=headers, timeout=TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def create(self, **fields: Any) -> Json:
        return answer(self.http.post("/v1/pause", json=QUESTION | fields), 201)

    def pause(self, pause_id: str, wait: float = 0) -> Json:
        return answer(self.http.get(f"/v1/pause/{pause_id}", params={"wait": wait}))

    def cancel(self, pause_id: str) -> httpx2.Response:
        return self.http.delete(f"/v1/pause/{pause_id}")

    def respond(self, token: str, choice: str) -> httpx2.Response:
        return self.http.post(f"/v1/respond/{token}", json={"choice": choice})

    def add_webhook(self, url: str, secret: str, events: list[str]) -> str:
        body = {"url": url, "secret": secret, "events": events}
        webhook_id: str = answer(self.http.post("/v1/webhooks", json=body), 201)["webhook_id"]
        return webhook_id

    def audit(self, **filters: Any) -> list[Json]:
        """Every entry that fits, oldest first."""
        return self.every("/v1/audit", **filters)[::-1]

    def every(self, path: str, **filters: Any) -> list[Json]:
        """All items of a list, over all its pages, newest first."""
        items: list[Json] = []
        has_more = True
        while has_more:
            page = {"limit": 100, "offset": len(items), **filters}
            body = answer(self.http.get(path, params=page))
            items += body["items"]
            has_more = body["has_more"]
        return items


def answer(response: httpx2.Response, status: int = 200) -> Json:
    assert response.status_code == status, response.text
    body: Json = response.json()
    return body


def token_of(respond_url: str) -> str:
    return respond_url.partition("?")[0].rpartition("/")[2]


def eventually(
    probe: Callable[[], T], within: float = 15, *, until: Callable[[T], object] = bool
) -> T:
    """The probe's first value that is enough; for what can be seen but does not tell."""
    deadline = time.monotonic() + within
    pause = threading.Event()
    while not until(found := probe()):
        assert time.monotonic() < deadline, f"not within {within} s; last seen: {found!r:.2000}"
        pause.wait(0.05)
    return found
