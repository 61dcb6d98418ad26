"""Callers that do not give up: they obey a clean 503, and go to another process where one is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import httpx2

from tests.e2e.api import FINAL, QUESTION, Json, answer, eventually

MAIL: Final = {"channel": "email", "recipient": "alice@example.com"}

BOUND: Final = 45
"""Seconds after which a request without any answer counts as one that hangs."""

ANOTHER_TRY: Final = 0.05


class Caller:
    """Sends each request to a service of one or more processes until it has its real answer.

    Of one process every connection must bring an answer; of several, any may die.
    """

    def __init__(self, base_urls: Sequence[str], key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._clients = [
            httpx2.Client(base_url=url, headers=headers, timeout=BOUND, trust_env=False)
            for url in base_urls
        ]
        self.refusals = 0
        self.broken = 0
        self.cut = 0  # of the broken ones those that had been taken, and got no answer
        self._never = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in self._clients:
            client.close()

    def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """The first answer that is not a refusal: for what bears to be sent again."""
        while True:
            try:
                response = self._clients[0].request(method, path, **request)
            except httpx2.TransportError as error:
                if len(self._clients) == 1 or isinstance(error, httpx2.TimeoutException):
                    raise
                self.broken += 1
                self.cut += not isinstance(error, httpx2.ConnectError)
                self._turn(ANOTHER_TRY)
                continue
            if response.status_code != 503:
                return response
            self.refusals += 1
            self._turn(check_refusal(response))

    def create(self, **fields: Any) -> Json:
        key = {"Idempotency-Key": uuid4().hex}
        made = self.send("POST", "/v1/pause", json=QUESTION | fields, headers=key)
        assert made.status_code in (200, 201), made.text
        pause: Json = made.json()
        return pause

    def wait_for_end(self, pause_id: str) -> Json:
        """Asks as an agent does, again and again, until the pause is final."""
        while True:
            pause = answer(self.send("GET", f"/v1/pause/{pause_id}", params={"wait": 20}))
            if pause["status"] in FINAL:
                return pause

    def respond(self, token: str, choice: str) -> Json | None:
        """The outcome; None where an earlier try of this very answer had come through after all."""
        before = self.refusals + self.broken
        told = self.send("POST", f"/v1/respond/{token}", json={"choice": choice})
        if told.status_code == 410 and self.refusals + self.broken > before:
            return None
        return answer(told)

    def _turn(self, seconds: float) -> None:
        """To the next process, after as long as was asked for."""
        self._clients.append(self._clients.pop(0))
        self._never.wait(seconds)


def check_refusal(response: httpx2.Response) -> int:
    """The seconds that a 503 asks to wait; it must be a clean one."""
    body = response.json()
    assert (body["status_code"], body["error"]) == (503, "UNAVAILABLE")
    return int(response.headers["retry-after"])


class Done(Exception):
    """Raised by a step of a crowd's where there is nothing left to do."""


class Crowd:
    """Threads that do something again and again until told to stop, each with a caller of its own."""

    def __init__(self, base_urls: Sequence[str], key: str | None = None) -> None:
        self._base_urls = base_urls
        self._key = key
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._callers: list[Caller] = []
        self._problems: list[BaseException] = []
        self._steps = 0
        self._news = threading.Condition()

    @property
    def refusals(self) -> int:
        return sum(caller.refusals for caller in self._callers)

    @property
    def broken(self) -> int:
        return sum(caller.broken for caller in self._callers)

    @property
    def cut(self) -> int:
        return sum(caller.cut for caller in self._callers)

    def add(self, step: Callable[[Caller], None], times: int = 1) -> None:
        for _ in range(times):
            self._callers.append(caller := Caller(self._base_urls, self._key))
            self._threads.append(threading.Thread(target=self._run, args=(step, caller)))
            self._threads[-1].start()

    def advance(self, steps: int, within: float = 60) -> None:
        """Returns once so many more have been done; raises what broke one."""
        with self._news:
            goal = self._steps + steps
            done = self._news.wait_for(lambda: self._steps >= goal or self._problems, within)
        self.check()
        assert done, f"not {steps} more within {within} s"

    def until_refused(self, count: int, within: float = BOUND) -> None:
        """Returns once so many 503s have come."""
        eventually(lambda: self._problems or self.refusals >= count, within)
        self.check()

    def check(self) -> None:
        if self._problems:
            raise self._problems[0]

    def join(self) -> None:
        """Returns once all have done what they had to do."""
        for thread in self._threads:
            thread.join()
        self.check()

    def end(self) -> None:
        """Each still ends the step it is at."""
        self._stopping.set()
        self.join()

    def _run(self, step: Callable[[Caller], None], caller: Caller) -> None:
        with caller:
            while not self._stopping.is_set() and not self._problems:
                try:
                    step(caller)
                except Done:
                    return
                except BaseException as problem:
                    self._problems.append(problem)
                with self._news:
                    self._steps += 1
                    self._news.notify_all()
