"""Every setting, read once from the environment.

Each setting can also come from a file named by `<NAME>_FILE`, as secrets do in containers.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pausepoint.channels.base import AnyChannel, OperatorValues
from pausepoint.channels.registry import CHANNELS, configure_channels
from pausepoint.channels.setting import Setting
from pausepoint.config.table import OF_OTHERS, SETTINGS
from pausepoint.config.values import Network, has_opentelemetry, is_loopback, traces_exporter
from pausepoint.domain.errors import InvalidRecipient
from pausepoint.domain.hook_rules import NO_RULES, Decision, HookRules
from pausepoint.domain.pause import Contact
from pausepoint.domain.plans import UNLIMITED_PLAN, USUAL_PLANS, Plan
from pausepoint.domain.rate_limits import USUAL, RateLimits
from pausepoint.store.postgres.url import parse_postgres_url

SECRET_FILE: Final = "pausepoint.secret"  # noqa: S105 - a file's name
"""Where `dev` keeps the secret key that it made, beside the database."""

DEFAULT_HOST: Final = "127.0.0.1"

CHANNEL_FIELDS: Final = {
    setting.field for channel in CHANNELS.values() for setting in channel.settings
}
"""Settings that a channel reads itself, in `Channel.configure`."""

_SERVICE_LINK: Final = re.compile(
    r"PAUSEPOINT_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?"
    r"|PORT_\d+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?)"
)


class Command(StrEnum):
    """The kind of command that is run; some defaults and requirements depend on it."""

    DEV = "dev"
    SERVE = "serve"
    MANAGE = "manage"  # accounts, keys, migrate: the database and its key are enough


class ConfigError(Exception):
    """Settings that cannot be used; one line for each, naming the setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The operator's settings. None where one is unset and has no default."""

    command: Command
    database_url: str
    host: str
    port: int
    public_url: str
    secret_keys: tuple[str, ...]
    channels: Mapping[str, AnyChannel]
    outbound_allow: tuple[Network, ...] = ()
    registration_is_open: bool = False
    has_recipient_directory: bool = False
    recipients_allowed: tuple[Contact, ...] = ()
    reveals_respond_url: bool = False
    has_public_url: bool = False
    database_direct_url: str | None = None
    metrics_address: tuple[str, int] | None = None
    log_format: str | None = None
    max_wait_seconds: int = 45
    rate_limits: RateLimits | None = USUAL
    plans: Mapping[str, Plan] = field(default_factory=lambda: USUAL_PLANS)
    default_plan: str = UNLIMITED_PLAN
    content_kept: timedelta | None = None
    audit_kept: timedelta | None = None
    trusted_proxies: tuple[Network, ...] = ()
    is_traced: bool = False
    traces_exporter: str = "otlp"
    hook_rules: HookRules = NO_RULES

    @property
    def is_dev(self) -> bool:
        return self.command is Command.DEV

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")

    @property
    def database_path(self) -> Path:
        assert self.is_sqlite
        return sqlite_path(self.database_url)

    @property
    def database_name(self) -> str:
        """Return the database's name without its URL, which may hold a password."""
        return str(self.database_path) if self.is_sqlite else "the PostgreSQL database"


def sqlite_path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


def load(
    command: Command,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """Load the settings. Raises ConfigError with all problems. In dev a missing secret key is made."""
    env = _environment(environment)
    for name, value in (overrides or {}).items():
        env.pop(f"{name}_FILE", None)
        env[name] = value
    problems: list[str] = []
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            text = (_read_variable(setting.name, env) or "").strip()
            if text:
                _check_characters(setting, text)
                values[setting.field] = setting.parse(text)
        except (ValueError, OSError) as error:
            problems.append(f"{setting.name} {error}")
    if values.get("is_traced"):
        try:
            values["traces_exporter"] = traces_exporter(env)
        except ValueError as error:
            problems.append(str(error))
    problems += _unknown(env)
    if problems:
        raise ConfigError(problems)
    return _completed(command, values)


def share_metrics_in(folder: str) -> None:
    """Set the folder in which prometheus_client aggregates metrics of all processes."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - it takes it from nowhere else


def base_url(environment: Mapping[str, str] | None = None) -> str:
    """Return the server's URL as far as it is set; creates and requires nothing."""
    env = {name: value.strip() for name, value in _environment(environment).items()}
    host, port = env.get("PAUSEPOINT_HOST", DEFAULT_HOST), env.get("PAUSEPOINT_PORT", "8000")
    return env.get("PAUSEPOINT_PUBLIC_URL") or local_url(host, port)


def local_url(host: str, port: int | str) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _environment(environment: Mapping[str, str] | None) -> dict[str, str]:
    """Without Kubernetes' service links: it sets `PAUSEPOINT_PORT=tcp://10.0.0.7:8000` and others
    in every pod of a namespace that has a Service named `pausepoint`.

    https://kubernetes.io/docs/tutorials/services/connect-applications-service/#environment-variables
    """
    env = os.environ if environment is None else environment  # noqa: TID251 - the one place
    return {
        name: value
        for name, value in env.items()
        if not _SERVICE_LINK.fullmatch(name) and not _is_linked_port(name, value)
    }


def _is_linked_port(name: str, value: str) -> bool:
    is_link = value.startswith(("tcp://", "udp://", "sctp://"))
    return name.startswith("PAUSEPOINT_") and name.endswith("_PORT") and is_link


def _read_variable(name: str, env: Mapping[str, str]) -> str | None:
    path = env.get(f"{name}_FILE")
    if path is None:
        return env.get(name)
    if name in env:
        raise ValueError(f"and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from the file that {name}_FILE names: {error}") from error


def _check_characters(setting: Setting, text: str) -> None:
    controls = [character for character in text if unicodedata.category(character) == "Cc"]
    if controls and not setting.is_multiline:
        raise ValueError(f"must be one line without control characters: U+{ord(controls[0]):04X}")


def _unknown(env: Mapping[str, str]) -> list[str]:
    known = {setting.name for setting in SETTINGS} | OF_OTHERS
    return [
        f"{name} is no setting of PausePoint; is it misspelled?"
        for name in sorted(env)
        if name.startswith("PAUSEPOINT_") and name.removesuffix("_FILE") not in known
    ]


def _completed(command: Command, values: dict[str, Any]) -> Settings:
    values.setdefault("database_url", "sqlite:///pausepoint.db")
    values.setdefault("host", DEFAULT_HOST)
    values.setdefault("port", 8000)
    values.setdefault("registration_is_open", command is Command.DEV)
    is_public = values["registration_is_open"] and command is Command.SERVE
    values.setdefault("has_recipient_directory", is_public)
    has_public_url = "public_url" in values
    public_url = values.get("public_url") or local_url(values["host"], values["port"])
    own = {field: values.pop(field) for field in CHANNEL_FIELDS & values.keys()}
    channels, wrong = configure_channels(OperatorValues(own, public_url, has_public_url))
    problems = wrong + _problems(command, values, channels.values())
    problems += _hook_problems(values.get("hook_rules", NO_RULES), channels)
    if problems:
        raise ConfigError(problems)
    values |= {"public_url": public_url, "has_public_url": has_public_url, "channels": channels}
    if "secret_keys" not in values:
        values["secret_keys"] = (_kept_secret(_data_folder(values["database_url"])),)
    return Settings(command=command, **values)


def _problems(
    command: Command, values: Mapping[str, Any], channels: Iterable[AnyChannel]
) -> list[str]:
    problems = []
    if values.get("default_plan", UNLIMITED_PLAN) not in values.get("plans", USUAL_PLANS):
        problems.append("PAUSEPOINT_DEFAULT_PLAN must be one of the plans of PAUSEPOINT_PLANS")
    if "database_direct_url" not in values and _is_pooled(values["database_url"]):
        problems.append(
            "PAUSEPOINT_DATABASE_URL has pgbouncer=true: set PAUSEPOINT_DATABASE_DIRECT_URL to"
            " the same database past the pooler, for what needs a session"
        )
    if values.get("is_traced") and command is not Command.MANAGE and not has_opentelemetry():
        problems.append(
            "PAUSEPOINT_TRACING is on, but OpenTelemetry is not installed. Install it with:"
            " pip install 'pausepoint[otel]'"
        )
    if command is Command.DEV:
        if not is_loopback(values["host"]):
            problems.append(
                "PAUSEPOINT_HOST must be a loopback address in dev, since its inbox shows every"
                " link; use `pausepoint serve` to be reached from elsewhere"
            )
        return problems
    folder = _data_folder(values["database_url"])
    has_kept_secret = command is Command.MANAGE and (folder / SECRET_FILE).exists()
    if "secret_keys" not in values and not has_kept_secret:
        problems.append("PAUSEPOINT_SECRET_KEY must be set (make one with: openssl rand -hex 32)")
    if command is Command.MANAGE:
        return problems
    has_channel = any(channel.is_set_up for channel in channels)
    if "public_url" not in values and (has_channel or not is_loopback(values["host"])):
        problems.append(
            "PAUSEPOINT_PUBLIC_URL must be set for serve, such as https://pause.example.com:"
            " links in messages begin with it"
        )
    return problems


def _hook_problems(rules: HookRules, channels: Mapping[str, AnyChannel]) -> list[str]:
    """Return the rules whose recipient is invalid for their channel."""
    problems = []
    for rule in (rule for each in rules.sets for rule in each.rules):
        channel = channels.get(rule.channel)
        try:
            if rule.decision is Decision.PERSON and channel is not None:
                channel.normalise(rule.recipient)
        except InvalidRecipient as error:
            problems.append(f"PAUSEPOINT_HOOKS line {rule.line}: {error.message}")
    return problems


def _is_pooled(database_url: str) -> bool:
    is_sqlite = database_url.startswith("sqlite:")
    return not is_sqlite and parse_postgres_url(database_url).is_pooled


def _data_folder(database_url: str) -> Path:
    """Return the folder of the database file, or the working directory for PostgreSQL."""
    if database_url.startswith("sqlite:"):
        return sqlite_path(database_url).parent
    return Path()


def _kept_secret(folder: Path) -> str:
    path = folder / SECRET_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(os.urandom(32).hex() + "\n")
    return path.read_text("utf-8").strip()
