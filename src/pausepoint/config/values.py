"""Parsers of settings. Each raises ValueError, saying what the value must be."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, TypeAlias
from urllib.parse import urlsplit

from pausepoint.channels.registry import CHANNELS, channel_of_pattern
from pausepoint.channels.setting import listed, url_characters, whole
from pausepoint.channels.wording import in_words
from pausepoint.domain.pause import Contact
from pausepoint.domain.plans import UNLIMITED_PLAN, Plan
from pausepoint.domain.rate_limits import RateLimits
from pausepoint.store.postgres.url import parse_postgres_url

Network: TypeAlias = IPv4Network | IPv6Network

_POSTGRES: Final = ("postgresql://", "postgres://")


def switch(value: str) -> bool:
    words = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}
    if value.lower() not in words:
        raise ValueError("must be on or off")
    return words[value.lower()]


def open_or_closed(value: str) -> bool:
    if value not in ("open", "closed"):
        raise ValueError("must be open or closed")
    return value == "open"


def log_format(value: str) -> str:
    if value not in ("text", "json"):
        raise ValueError("must be text or json")
    return value


def days(least: int) -> Callable[[str], timedelta]:
    parse_whole = whole(least, 36_500)

    def parse(value: str) -> timedelta:
        return timedelta(days=parse_whole(value))

    return parse


def rate_limits(value: str) -> RateLimits | None:
    """Parse `on`, `off`, or numbers that replace the defaults."""
    if value.lower() in ("on", "off"):
        return RateLimits() if value.lower() == "on" else None
    known = [field.name for field in fields(RateLimits)]
    numbers: dict[str, int] = {}
    for part in listed(value):
        name, _, number = part.partition("=")
        if name.strip() not in known:
            raise ValueError(
                "must be on, off, or numbers such as key=240,address=600;"
                f" what has a number: {', '.join(known)}"
            )
        numbers[name.strip()] = whole(1, 1_000_000)(number.strip())
    return RateLimits(**numbers)


def recipient_patterns(value: str) -> tuple[Contact, ...]:
    """Parse addresses and patterns; a bare `*` is refused, since it would allow everybody."""
    found: list[Contact] = []
    wrong: list[str] = []
    for pattern in listed(value):
        channel = channel_of_pattern(pattern)
        if channel is None:
            wrong.append(pattern)
        else:
            found.append(Contact(channel, pattern))
    if wrong or not found:
        examples = in_words([channel.allowed_example for channel in CHANNELS.values()])
        raise ValueError(
            f"must be addresses or patterns, such as {examples}"
            + "".join(f"; {one} is none" for one in wrong[:1])
            + ". To allow everybody, set PAUSEPOINT_RECIPIENT_DIRECTORY=off"
        )
    return tuple(found)


def plans(value: str) -> Mapping[str, Plan]:
    """Parse plans such as `free=50:sms, pro=*:sms+email`."""
    found: dict[str, Plan] = {}
    for part in listed(value):
        matched = re.fullmatch(
            r"([a-z0-9_-]{1,32})=(\d{1,9}|\*):(\*|[a-z0-9_]+(?:\+[a-z0-9_]+)*)", part
        )
        if matched is None:
            raise ValueError("must be plans such as free=50:sms, pro=*:sms+email or team=*:*")
        name, number, channels = matched.groups()
        if unknown := set(channels.split("+")) - {"*", *CHANNELS}:
            raise ValueError(
                f"names {min(unknown)}, which is no channel: there are {', '.join(CHANNELS)}"
            )
        found[name] = Plan(
            None if number == "*" else int(number),
            None if channels == "*" else frozenset(channels.split("+")),
        )
    return {**found, UNLIMITED_PLAN: Plan()}


def address(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host:
        raise ValueError("must be host:port, such as 127.0.0.1:9464")
    return host.strip("[]"), whole(0, 65535)(port)


def networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in listed(value))
    except ValueError as error:
        raise ValueError(f"must be networks such as 10.0.0.0/8: {error}") from error


def secret_keys(value: str) -> tuple[str, ...]:
    keys = listed(value)
    if not keys or any(len(key) < 32 for key in keys):
        raise ValueError(
            "must have 32 characters or more (make one with: openssl rand -hex 32);"
            " several are separated by commas, the newest first"
        )
    return keys


def database_url(value: str) -> str:
    if value.startswith("sqlite:///") and value != "sqlite:///":
        if "?" in value or "#" in value:
            raise ValueError(
                "must be a file's path without ? or #, such as sqlite:///pausepoint.db"
            )
        return value
    if value.startswith(_POSTGRES):
        return postgres_url(value)
    raise ValueError(
        "must be sqlite:///relative/path, sqlite:////absolute/path or postgresql://user@host/name"
    )


def postgres_url(value: str) -> str:
    """Check that the URL can be parsed: the driver's error would show parts of the password."""
    if not value.startswith(_POSTGRES):
        raise ValueError("must be postgresql://user@host/name")
    url_characters(value)
    try:
        for host in urlsplit(value).netloc.rpartition("@")[2].split(","):
            urlsplit(f"//{host}").port  # noqa: B018 - raises ValueError
    except ValueError:
        raise ValueError(
            "cannot be read as a URL: in a password, write @ as %40, / as %2F, # as %23, ? as %3F,"
            " [ as %5B"
        ) from None
    parse_postgres_url(value)
    return value


def direct_postgres_url(value: str) -> str:
    """Check the URL that bypasses a pooler, for work that needs a session."""
    postgres_url(value)
    if parse_postgres_url(value).is_pooled:
        raise ValueError("has pgbouncer=true: it must lead past the pooler, to PostgreSQL itself")
    return value


def base_url(value: str) -> str:
    parts = urlsplit(url_characters(value))
    is_complete = parts.scheme in ("http", "https") and parts.port != 0
    if not is_complete or not parts.hostname or "?" in value or "@" in parts.netloc:
        raise ValueError("must be a URL such as https://pause.example.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http is for this machine only)")
    if parts.path.strip("/"):
        raise ValueError("must have no path: PausePoint needs a host name of its own")
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "[::1]") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


def traces_exporter(environment: Mapping[str, str]) -> str:
    """Return the exporter that OTEL_ variables choose: otlp (the default), console or none."""
    name = environment.get("OTEL_TRACES_EXPORTER") or "otlp"
    if name not in ("otlp", "console", "none"):
        raise ValueError("OTEL_TRACES_EXPORTER must be otlp, console or none")
    for variable in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        protocol = environment.get(variable) or "http/protobuf"
        if name == "otlp" and protocol != "http/protobuf":
            raise ValueError(
                f"{variable} must be http/protobuf, which collectors take on port 4318"
            )
    return name


def has_opentelemetry() -> bool:
    """True if the extra `otel` is installed; imports nothing of it."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False
