"""The home page at `/`."""

from __future__ import annotations

from pausepoint.channels.registry import CHANNELS
from pausepoint.channels.wording import in_words
from pausepoint.web.pages.rendering import render


def render_home(version: str, is_dev: bool) -> str:
    nouns = [channel.noun() for channel in CHANNELS.values()]
    return render("home.html", version=version, is_dev=is_dev, reached_by=in_words(nouns))
