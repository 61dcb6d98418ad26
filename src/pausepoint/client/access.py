"""Where PausePoint is and with which key: checked before anything is sent."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from msgspec import Struct

from pausepoint import __version__
from pausepoint.client.environment import API_KEY, BASE_URL, setting
from pausepoint.client.errors import NotConfigured

DEFAULT_BASE_URL = "http://127.0.0.1:8000"
USER_AGENT = f"pausepoint-python/{__version__}"


class Access(Struct, frozen=True):
    """`base_url` ends without a slash; `is_local` says that it leads to this machine."""

    base_url: str
    api_key: str
    is_local: bool

    def headers(self) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.api_key}",
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
        }

    def __repr__(self) -> str:
        return f"Access({self.base_url!r})"


def access(api_key: str | None, base_url: str | None) -> Access:
    """Return base URL and key from the arguments, else from the environment. Raises NotConfigured."""
    key = (setting(API_KEY) if api_key is None else api_key) or ""
    url = (setting(BASE_URL) if base_url is None else base_url) or DEFAULT_BASE_URL
    return Access(_checked_url(url), _checked_key(key.strip()), _is_local(url))


def _checked_key(key: str) -> str:
    if not key:
        raise NotConfigured(f"There is no API key: set {API_KEY}, or give api_key.")
    # The key itself must never get into an error: not here, and not in the HTTP library's.
    if not all("!" <= character <= "~" for character in key):
        raise NotConfigured(
            f"The API key has characters that no key has. Is {API_KEY} copied as a whole?"
        )
    return key


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_usable = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and "@" not in parts.netloc
            and not parts.query
            and not parts.fragment
            and all("!" <= character <= "~" for character in url)
        )
    except ValueError:
        is_usable = False
    if not is_usable:
        raise NotConfigured(
            f"The base URL ({BASE_URL}, or base_url) must be an address such as {DEFAULT_BASE_URL}."
        )
    return url.rstrip("/")


def _is_local(url: str) -> bool:
    name = urlsplit(url).hostname or ""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
