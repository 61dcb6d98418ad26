"""The person who is asked: answers by the link, as the page does."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

from pausepoint.client import Pause


def answer(pause: Pause, choice: str, text: str | None = None) -> None:
    assert pause.respond_url is not None
    url = pause.respond_url.replace("/respond/", "/v1/respond/")
    sent = httpx2.post(url, json={"choice": choice, "text": text}, trust_env=False)
    assert sent.status_code == 200, sent.text


def answers(choice: str, text: str | None = None) -> Callable[[Pause], None]:
    """For `on_pending`: answers as soon as the question is there."""

    def told(pause: Pause) -> None:
        if pause.respond_url is not None:
            answer(pause, choice, text)

    return told
