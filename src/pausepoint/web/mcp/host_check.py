"""Which pages and which names may lead here: no page of another site, and no borrowed name.

A page that a browser shows can have its own name point to this machine (DNS rebinding). It is
known by its `Origin`, and by a `Host` that public DNS may have led here.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from pausepoint.web.headers import header
from pausepoint.web.request_errors import CrossSite, HostNotAllowed

_THIS_MACHINE: Final = frozenset(("localhost", "127.0.0.1", "::1"))
_NEVER_PUBLIC: Final = (".internal", ".local", ".localhost")
"""Names that end so are in no public DNS, and have no stranger for an owner."""


def check_doors(request: Request, public_url: str) -> None:
    """Raises HostNotAllowed, CrossSite."""
    public = urlsplit(public_url)
    host = _name(f"//{header(request, b'host') or ''}")
    if host != public.hostname and not _is_private(host):
        raise HostNotAllowed(
            "This server does not answer for that host name. Its own is that of"
            " PAUSEPOINT_PUBLIC_URL."
        )
    origin = header(request, b"origin")
    if origin is None or origin == f"{public.scheme}://{public.netloc}":
        return
    if host not in _THIS_MACHINE or _name(origin) not in _THIS_MACHINE:
        raise CrossSite("This was sent by a page of another site and was not taken.")


def _is_private(host: str) -> bool:
    if "." not in host or host.endswith(_NEVER_PUBLIC):
        return bool(host)
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _name(url: str) -> str:
    """The host that a URL names, in lower case; empty where it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
