"""Settings from the environment. Invalid values are reported on stderr and never stop the start."""

from __future__ import annotations

import os
import sys

from .channels import CHANNELS
from .core import DEFAULT_MAX_WAIT_SECONDS, LONGEST_MAX_WAIT_SECONDS
from .permission import Permission

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_BASE_URL = "http://127.0.0.1:8000"
DEFAULT_PERMISSION_SECONDS = 900
_LONGEST_PERMISSION_SECONDS = 86_400

_KEY = "PAUSEPOINT_API_KEY"
_WAIT = "PAUSEPOINT_MAX_WAIT_SECONDS"
_RECIPIENT = "PAUSEPOINT_PERMISSION_RECIPIENT"
_CHANNEL = "PAUSEPOINT_PERMISSION_CHANNEL"
_CALLBACK_SECRET = "PAUSEPOINT_CALLBACK_SECRET"  # noqa: S105 - the name of a variable
_CERTIFICATES = "SSL_CERT_FILE"
_CERTIFICATE_FOLDERS = "SSL_CERT_DIR"
_TIMEOUT = "PAUSEPOINT_PERMISSION_TIMEOUT_SECONDS"

_NO_KEY = (
    f'{_KEY} is not set. Add it under "env" of this server in the MCP configuration and restart it'
)
_BAD_KEY = f"{_KEY} holds characters that no key has; copy it again"


class Settings:
    """Read once, when the server starts. `permission` is None without a recipient for it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.api_key = self._text(_KEY)
        self.base_url = self._text("PAUSEPOINT_BASE_URL") or DEFAULT_BASE_URL
        self.max_wait_seconds = self._seconds(
            _WAIT, DEFAULT_MAX_WAIT_SECONDS, LONGEST_MAX_WAIT_SECONDS
        )
        self.has_own_wait = bool(self._text(_WAIT))
        self.permission = self._permission()
        self.callback_secret = self._text(_CALLBACK_SECRET) or None

    def key_problem(self) -> str | None:
        """A sentence when no request can be sent for want of a key, or of certificates."""
        if not self.api_key:
            return _NO_KEY
        if not (self.api_key.isascii() and self.api_key.isprintable() and " " not in self.api_key):
            return _BAD_KEY
        if self.base_url.startswith("https:"):
            return _certificate_problem(self._text(_CERTIFICATES), self._text(_CERTIFICATE_FOLDERS))
        return None

    def _permission(self) -> Permission | None:
        recipient, channel = self._text(_RECIPIENT), self._text(_CHANNEL).lower()
        if not recipient and not channel:
            return None
        if not recipient or channel not in CHANNELS:
            _say(
                f"permission_prompt is not offered: it needs {_RECIPIENT}, and {_CHANNEL} as one "
                f"of {', '.join(CHANNELS)}"
            )
            return None
        seconds = self._seconds(_TIMEOUT, DEFAULT_PERMISSION_SECONDS, _LONGEST_PERMISSION_SECONDS)
        return Permission(recipient, channel, seconds, run=os.urandom(8).hex())

    def _text(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def _seconds(self, name: str, default: int, longest: int) -> int:
        text = self._text(name)
        if not text:
            return default
        try:
            seconds = int(text)
        except ValueError:
            seconds = 0
        if not 1 <= seconds <= longest:
            _say(f"{name} must be 1 to {longest}; {default} is used")
            return default
        return seconds


def _certificate_problem(file: str, folders: str) -> str | None:
    """Return the problem with the certificate variables: OpenSSL ignores a wrong file or folder silently."""
    if file:
        if not os.path.isfile(file):
            return f"{_CERTIFICATES} names a file that is not there: {file}"
        import ssl  # noqa: PLC0415 - takes tens of milliseconds, and is needed for https only

        try:
            ssl.create_default_context(cafile=file)
        except (OSError, ValueError):
            return f"{_CERTIFICATES} names a file without usable certificates: {file}"
    elif folders and not any(map(os.path.isdir, folders.split(os.pathsep))):
        return f"{_CERTIFICATE_FOLDERS} names a folder that is not there: {folders}"
    return None


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - stderr is where hosts look for such a line
