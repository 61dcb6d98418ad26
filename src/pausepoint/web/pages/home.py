"""The page at `/`: what this server is, for whoever comes upon it."""

from __future__ import annotations

from pausepoint.web.pages.rendering import render


def render_home(version: str, is_dev: bool) -> str:
    return render("home.html", version=version, is_dev=is_dev)
