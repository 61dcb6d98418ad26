"""Every setting, read once from the environment; the reference page is made from this table.

Each setting can also come from a file named by `<NAME>_FILE`, as secrets do in containers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pausepoint import config_values as read
from pausepoint.config_values import Network, is_loopback

SECRET_FILE: Final = "pausepoint.secret"  # noqa: S105 - a file's name
"""Where `dev` keeps the secret key that it made, beside the database."""

_OF_OTHERS: Final = frozenset(
    f"PAUSEPOINT_{name}"
    for name in (
        "API_KEY", "BASE_URL",
        "PERMISSION_CHANNEL", "PERMISSION_RECIPIENT", "PERMISSION_TIMEOUT_SECONDS",
        "CHROMIUM", "TEST_SEED", "TEST_PYTHONS", "RATE_LIMITS",
    )
)  # fmt: skip
"""Read by the MCP server and by tests, which may share our environment; or without effect yet."""

DEFAULT_HOST: Final = "127.0.0.1"


class Command(StrEnum):
    """What the settings are for: some defaults and requirements depend on it."""

    DEV = "dev"
    SERVE = "serve"
    MANAGE = "manage"  # accounts, keys, migrate: the database and its key are enough


class ConfigError(Exception):
    """Settings that cannot be used; one line for each, naming the setting."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Setting:
    """`parse` raises ValueError with a sentence about the value; `default` is text for the docs."""

    name: str
    field: str
    parse: Callable[[str], Any]
    default: str
    meaning: str
    is_secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decided. None where a setting is unset and has no default."""

    command: Command
    database_url: str
    host: str
    port: int
    public_url: str
    secret_keys: tuple[str, ...]
    twilio_account_sid: str | None = None
    twilio_auth_token: str | None = None
    twilio_from: str | None = None
    twilio_base_url: str = "https://api.twilio.com"
    sms_max_segments: int = 3
    smtp_url: str | None = None
    email_from: str | None = None
    slack_hosts: tuple[str, ...] = ("hooks.slack.com", "hooks.slack-gov.com")
    outbound_allow: tuple[Network, ...] = ()
    registration_is_open: bool = False
    reveals_respond_url: bool = False
    has_public_url: bool = False
    database_direct_url: str | None = None
    metrics_address: tuple[str, int] | None = None
    log_format: str | None = None
    max_wait_seconds: int = 45
    is_traced: bool = False
    traces_exporter: str = "otlp"

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
        """The database as it may be shown: its URL may hold a password."""
        return str(self.database_path) if self.is_sqlite else "the PostgreSQL database"

    @property
    def has_twilio(self) -> bool:
        return self.twilio_account_sid is not None

    @property
    def has_smtp(self) -> bool:
        return self.smtp_url is not None


def sqlite_path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


SETTINGS: Final = (
    Setting(
        "PAUSEPOINT_DATABASE_URL",
        "database_url",
        read.database_url,
        "sqlite:///pausepoint.db",
        "Where everything is kept: `sqlite:///file` is relative, `sqlite:////dir/file` absolute;"
        " or `postgresql://user:password@host/name`, `?host=/dir` for a Unix socket.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_DATABASE_DIRECT_URL",
        "database_direct_url",
        read.postgres_url,
        "unset",
        "The same PostgreSQL past a pooler such as PgBouncer, for what needs a session.",
        is_secret=True,
    ),
    Setting("PAUSEPOINT_HOST", "host", read.text, "127.0.0.1", "The address to listen on."),
    Setting("PAUSEPOINT_PORT", "port", read.whole(0, 65535), "8000", "The port to listen on."),
    Setting(
        "PAUSEPOINT_PUBLIC_URL",
        "public_url",
        read.base_url,
        "`http://HOST:PORT` in dev",
        "What links in messages begin with. `serve` needs it once a channel is set up.",
    ),
    Setting(
        "PAUSEPOINT_SECRET_KEY",
        "secret_keys",
        read.secret_keys,
        "dev: made and kept in `pausepoint.secret` beside the database; serve: required",
        "Signs the links and protects the data at rest. Several, newest first, while changing it.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_TWILIO_ACCOUNT_SID",
        "twilio_account_sid",
        read.account_sid,
        "unset",
        "SMS by Twilio.",
    ),
    Setting(
        "PAUSEPOINT_TWILIO_AUTH_TOKEN",
        "twilio_auth_token",
        read.ascii,
        "unset",
        "Twilio's token for the account.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_TWILIO_FROM",
        "twilio_from",
        read.twilio_sender,
        "unset",
        "The number or messaging service (`MG…`) that sends.",
    ),
    Setting(
        "PAUSEPOINT_TWILIO_BASE_URL",
        "twilio_base_url",
        read.api_url,
        "https://api.twilio.com",
        "Where Twilio's API is.",
    ),
    Setting(
        "PAUSEPOINT_SMS_MAX_SEGMENTS",
        "sms_max_segments",
        read.whole(1, 10),
        "3",
        "How many segments an SMS may cost; longer questions are cut, the link never.",
    ),
    Setting(
        "PAUSEPOINT_SMTP_URL",
        "smtp_url",
        read.text,
        "unset",
        "E-mail: `smtp+starttls://user:password@host:587`, `smtps://…`, or `smtp://…` on this machine.",
        is_secret=True,
    ),
    Setting(
        "PAUSEPOINT_EMAIL_FROM",
        "email_from",
        read.text,
        "unset",
        "The address that e-mail comes from.",
    ),
    Setting(
        "PAUSEPOINT_SLACK_HOSTS",
        "slack_hosts",
        read.hosts,
        "hooks.slack.com,hooks.slack-gov.com",
        "Which hosts (`host` or `host:port`) a Slack recipient may name.",
    ),
    Setting(
        "PAUSEPOINT_OUTBOUND_ALLOW",
        "outbound_allow",
        read.networks,
        "empty",
        "Networks (CIDR) that webhooks and Slack may reach although they are not public.",
    ),
    Setting(
        "PAUSEPOINT_REGISTRATION",
        "registration_is_open",
        read.open_or_closed,
        "open in dev, closed in serve",
        "Whether anybody may register an account.",
    ),
    Setting(
        "PAUSEPOINT_REVEAL_RESPOND_URL",
        "reveals_respond_url",
        read.switch,
        "off",
        "Whether a live key's answer holds the person's link. With it an agent can answer itself.",
    ),
    Setting(
        "PAUSEPOINT_MAX_WAIT_SECONDS",
        "max_wait_seconds",
        read.whole(1, 3600),
        "45",
        "How long one poll by MCP holds, and the most that it can ask for.",
    ),
    Setting(
        "PAUSEPOINT_METRICS_ADDRESS",
        "metrics_address",
        read.address,
        "unset",
        "Where Prometheus finds `/metrics`, such as `127.0.0.1:9464`. Not for the public.",
    ),
    Setting(
        "PAUSEPOINT_LOG_FORMAT",
        "log_format",
        read.log_format,
        "text on a terminal, else json",
        "How the log reads.",
    ),
    Setting(
        "PAUSEPOINT_TRACING",
        "is_traced",
        read.switch,
        "off",
        "Whether OpenTelemetry traces are made. Where they go is said by its own `OTEL_` variables.",
    ),
)


def load(
    command: Command,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    """Raises ConfigError with everything that is wrong. In dev a secret key is made if need be."""
    env = dict(os.environ if environment is None else environment)  # noqa: TID251 - the one place
    for name, value in (overrides or {}).items():
        env.pop(f"{name}_FILE", None)
        env[name] = value
    problems: list[str] = []
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        try:
            text = _given(setting.name, env)
            if text:
                values[setting.field] = setting.parse(text)
        except (ValueError, OSError) as error:
            problems.append(f"{setting.name} {error}")
    if values.get("is_traced"):
        try:
            values["traces_exporter"] = read.traces_exporter(env)
        except ValueError as error:
            problems.append(str(error))
    problems += _unknown(env)
    if problems:
        raise ConfigError(problems)
    return _completed(command, values)


def share_metrics_in(folder: str) -> None:
    """Tells prometheus_client, here and in every child process, where figures are added up."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - it takes it from nowhere else


def base_url(environment: Mapping[str, str] | None = None) -> str:
    """Where the server is, as far as the settings say; nothing is made and nothing required."""
    env = dict(os.environ if environment is None else environment)  # noqa: TID251 - the one place
    host, port = env.get("PAUSEPOINT_HOST", DEFAULT_HOST), env.get("PAUSEPOINT_PORT", "8000")
    return env.get("PAUSEPOINT_PUBLIC_URL") or local_url(host, port)


def local_url(host: str, port: int | str) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _given(name: str, env: Mapping[str, str]) -> str | None:
    path = env.get(f"{name}_FILE")
    if path is None:
        return env.get(name)
    if name in env:
        raise ValueError(f"and {name}_FILE are both set: keep one")
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"cannot be read from the file that {name}_FILE names: {error}") from error


def _unknown(env: Mapping[str, str]) -> list[str]:
    known = {setting.name for setting in SETTINGS} | _OF_OTHERS
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
    problems = _problems(command, values)
    if problems:
        raise ConfigError(problems)
    values["has_public_url"] = "public_url" in values
    if "public_url" not in values:
        values["public_url"] = local_url(values["host"], values["port"])
    if "secret_keys" not in values:
        values["secret_keys"] = (_kept_secret(_data_folder(values["database_url"])),)
    return Settings(command=command, **values)


def _problems(command: Command, values: Mapping[str, Any]) -> list[str]:
    problems = []
    twilio = ("twilio_account_sid", "twilio_auth_token", "twilio_from")
    missing = [name for name in twilio if name not in values]
    if 0 < len(missing) < len(twilio):
        names = ", ".join(f"PAUSEPOINT_{name.upper()}" for name in missing)
        problems.append(f"{names} must be set too, or SMS cannot be sent")
    if ("smtp_url" in values) != ("email_from" in values):
        problems.append("PAUSEPOINT_SMTP_URL and PAUSEPOINT_EMAIL_FROM must be set together")
    if values.get("is_traced") and command is not Command.MANAGE and not read.has_opentelemetry():
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
    has_channel = "twilio_account_sid" in values or "smtp_url" in values
    if "public_url" not in values and (has_channel or not is_loopback(values["host"])):
        problems.append(
            "PAUSEPOINT_PUBLIC_URL must be set for serve, such as https://pause.example.com:"
            " links in messages begin with it"
        )
    return problems


def _data_folder(database_url: str) -> Path:
    """Beside the database file; where there is none, the working directory."""
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
