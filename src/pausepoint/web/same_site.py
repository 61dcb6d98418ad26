"""Whether an answer was sent from our own page: a page of another site must not answer for a person."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from pausepoint.web.request_errors import CrossSite


def check_same_site(request: Request, public_url: str) -> None:
    """Raises CrossSite. Programs that are no browser send neither header, and pass."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = request.headers.get("origin")
    if origin is None:
        return
    public = urlsplit(public_url)
    if origin == f"{public.scheme}://{public.netloc}":
        return
    try:
        is_own = urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        is_own = False
    if not is_own:
        raise CrossSite
