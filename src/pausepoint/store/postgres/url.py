"""Connection parameters of a PostgreSQL URL.

Parameters mean what they mean in libpq: they are honored, or dropped where they change nothing
here, or refused by name. Habits of other drivers that often stand in URLs (`ssl`, `schema`,
`pgbouncer`, `sslmode=no-verify`) are read too.
https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

CONNECT_SECONDS: Final = 5.0

# What asyncpg reads from the URL by itself.
_DRIVER: Final = frozenset(
    (
        "host", "port", "dbname", "user", "password", "passfile", "service",
        "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslnegotiation",
        "ssl_min_protocol_version", "ssl_max_protocol_version", "krbsrvname", "gsslib",
        "target_session_attrs", "options",
    )
)  # fmt: skip
_OURS: Final = frozenset(
    (
        "channel_binding", "connect_timeout", "schema", "pgbouncer",
        "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
        "tcp_user_timeout",
    )
)  # fmt: skip
# Values that change nothing here, and are dropped. None: any value.
_WITHOUT_EFFECT: Final[Mapping[str, frozenset[str] | None]] = {
    "application_name": None,  # Ours is always `pausepoint`: `db copy` finds servers by it.
    "fallback_application_name": None,
    "client_encoding": frozenset(("utf8", "utf-8", "unicode", "auto")),
    "gssdelegation": frozenset("0"),
    "gssencmode": frozenset(("disable", "prefer")),
    "load_balance_hosts": frozenset(("disable",)),
    "requiressl": frozenset("0"),
    "sslcertmode": frozenset(("allow",)),
    "sslcompression": None,  # No TLS library has it any more.
    "sslsni": frozenset("1"),
}
_KNOWN: Final = _DRIVER | _OURS | _WITHOUT_EFFECT.keys() | {"ssl", "database"}
_NAME: Final = re.compile(r"[a-z][a-z0-9_.]{0,62}")
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_UNVERIFIED: Final = "no-verify"
_TLS_VERSIONS: Final = {
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_ONE_OF: Final[Mapping[str, Iterable[str]]] = {
    "sslmode": (*_SSL_MODES, _UNVERIFIED),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "target_session_attrs": ("any", "read-write", "primary"),
    "gsslib": ("gssapi", "sspi"),
    "channel_binding": ("disable", "prefer", "require"),
}
_NUMBERS: Final = (
    "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout",
)  # fmt: skip
_FILES: Final = ("sslcert", "sslkey", "sslrootcert", "sslcrl", "passfile")
_SYSTEM_ROOTS: Final = "system"
_SSL_SWITCH: Final = {"true": "require", "1": "require", "false": "disable", "0": "disable"}

# Load balancers and NAT forget idle connections, Azure's after four minutes: probe well before.
_KEEPALIVE_DEFAULTS: Final = {
    "keepalives_idle": 60,
    "keepalives_interval": 10,
    "keepalives_count": 5,
}
_SOCKET_OPTIONS: Final = {  # Of Linux; macOS has another name for the first, Windows lacks some.
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}


@dataclass(frozen=True)
class PostgresUrl:
    """`dsn` is parsed by the driver; the other fields are arguments for it."""

    dsn: str
    parameters: Mapping[str, str]

    @property
    def connect_seconds(self) -> float:
        """Return `connect_timeout`; for 0 and unset our default, since a start must not hang."""
        return float(self.parameters.get("connect_timeout", 0)) or CONNECT_SECONDS

    @property
    def is_pooled(self) -> bool:
        return self.parameters.get("pgbouncer", "").lower() in ("true", "1", "on", "yes")

    @property
    def server_settings(self) -> dict[str, str]:
        if schema := self.parameters.get("schema"):
            return {"search_path": '"' + schema.replace('"', '""') + '"'}
        return {}

    @cached_property
    def tls(self) -> ssl.SSLContext | None:
        """Return the TLS context; None if the driver makes it. Raises OSError for unreadable files."""
        mode, roots = self.parameters.get("sslmode"), self.parameters.get("sslrootcert")
        if mode == _UNVERIFIED:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        elif roots == _SYSTEM_ROOTS:
            context = ssl.create_default_context()
        elif self.parameters.get("channel_binding") == "require":
            # The driver cannot bind. What binding is for, to know the server, a certificate does.
            context = ssl.create_default_context(cafile=roots)
        else:
            return None
        if revoked := self.parameters.get("sslcrl"):
            context.load_verify_locations(revoked)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
        if lowest := self.parameters.get("ssl_min_protocol_version"):
            context.minimum_version = _TLS_VERSIONS[lowest]
        if highest := self.parameters.get("ssl_max_protocol_version"):
            context.maximum_version = _TLS_VERSIONS[highest]
        if certificate := self.parameters.get("sslcert"):
            password = self.parameters.get("sslpassword", "")
            context.load_cert_chain(certificate, self.parameters.get("sslkey"), lambda: password)
        context.set_alpn_protocols(["postgresql"])
        return context

    def set_keepalive(self, connection_socket: Any) -> None:
        """Set the TCP keepalive of the URL (seconds; `tcp_user_timeout` in milliseconds)."""
        if connection_socket.family == socket.AF_UNIX:
            return
        if self.parameters.get("keepalives") == "0":
            connection_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 0)
            return
        connection_socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, option in _SOCKET_OPTIONS.items():
            value = int(self.parameters.get(name, 0)) or _KEEPALIVE_DEFAULTS.get(name)
            if value and hasattr(socket, option):
                connection_socket.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


@cache
def parse_postgres_url(url: str) -> PostgresUrl:
    """Parse a URL. Raises ValueError that names the parameter and shows no secret."""
    base, _, given_query = url.partition("?")
    given = dict(_parse_query(given_query))
    for name, value in given.items():
        _check(name, value)
    parameters = {
        name: value
        for name, value in given.items()
        if name not in _WITHOUT_EFFECT and (value or name == "password")
    }
    _check_together(parameters)
    own = {name: value for name, value in parameters.items() if name not in _OURS}
    if own.get("sslmode") == _UNVERIFIED:
        own["sslmode"] = "require"
    if own.get("sslrootcert") == _SYSTEM_ROOTS:
        del own["sslrootcert"]
    return PostgresUrl(f"{base}?{urlencode(own, quote_via=quote)}", parameters)


def _parse_query(query: str) -> list[tuple[str, str]]:
    """Parse the query as libpq does: percent escapes are decoded, `+` is no space."""
    pairs = []
    for part in filter(None, query.split("&")):
        name, equals, value = (unquote(text) for text in part.partition("="))
        if not equals:
            # Only known names are shown: the rest may be the end of a password.
            which = name if name in _KNOWN else "of its query"
            raise ValueError(f"has the parameter {which} without a value: write NAME=VALUE")
        if name == "ssl":
            # JDBC's and node-postgres's switch; libpq itself takes ssl=true.
            name, value = "sslmode", _SSL_SWITCH.get(value.lower(), value)
        pairs.append(("dbname" if name == "database" else name, value))
    return pairs


def _check(name: str, value: str) -> None:
    if name in _WITHOUT_EFFECT:
        allowed = _WITHOUT_EFFECT[name]
        if allowed is None or not value or value.lower() in allowed:
            return
        raise ValueError(f"asks for {name}={value}, which is not supported: remove it")
    if name not in _KNOWN:
        if not _NAME.fullmatch(name) or "@" in value:
            raise ValueError("has a ? that begins no parameters: in a password, write it as %3F")
        raise ValueError(
            f"has the parameter {name}, which is not one of a connection's; a setting of the"
            f" server is written options=-c%20{name}%3DVALUE"
        )
    if value and name in _ONE_OF and value not in _ONE_OF[name]:
        raise ValueError(f"has {name}={value}: it must be one of {', '.join(_ONE_OF[name])}")
    if value and name in _NUMBERS and not (value.isascii() and value.isdigit()):
        raise ValueError(f"has {name}={value}: it must be a whole number")
    if name in _FILES and value and (name, value) != ("sslrootcert", _SYSTEM_ROOTS):
        _check_file(name, value)


def _check_file(name: str, path: str) -> None:
    try:
        with open(path, "rb"):
            pass
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ValueError(f"names {path} as {name}, which cannot be read: {reason}") from None


def _check_together(parameters: Mapping[str, str]) -> None:
    mode = parameters.get("sslmode")
    if parameters.get("sslrootcert") == _SYSTEM_ROOTS and mode not in (None, "verify-full"):
        # libpq refuses it too: any certificate of a public authority would do.
        raise ValueError(f"has sslrootcert=system with sslmode={mode}: it needs verify-full")
    if parameters.get("channel_binding") == "require" and mode in ("disable", "allow", _UNVERIFIED):
        raise ValueError(
            f"has channel_binding=require with sslmode={mode}: it needs TLS to a server that is known"
        )
    if parameters.get("sslnegotiation") == "direct" and mode in (None, *_SSL_MODES[:3]):
        raise ValueError("has sslnegotiation=direct: it needs sslmode=require, or more")
    if parameters.get("sslkey") and not parameters.get("sslcert"):
        raise ValueError("names an sslkey without an sslcert")
