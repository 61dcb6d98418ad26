"""The list of settings: name, field, parser, default and description. Channels declare their own."""

from __future__ import annotations

from typing import Final

from pausepoint.channels.registry import CHANNELS
from pausepoint.channels.setting import Setting, text, whole
from pausepoint.config import values as read
from pausepoint.config.hooks_file import hook_rules
from pausepoint.domain.retention import AUDIT_KEPT_AT_LEAST

OF_OTHERS: Final = frozenset(
    f"PAUSEPOINT_{name}"
    for name in (
        "API_KEY", "BASE_URL", "CALLBACK_SECRET",
        "PERMISSION_CHANNEL", "PERMISSION_RECIPIENT", "PERMISSION_TIMEOUT_SECONDS",
        "CHROMIUM", "TEST_SEED", "TEST_PYTHONS",
    )
)  # fmt: skip
"""Read by the MCP server and by tests, which may share our environment."""


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
        read.direct_postgres_url,
        "unset",
        "The same PostgreSQL past a pooler such as PgBouncer, for what needs a session.",
        is_secret=True,
    ),
    Setting("PAUSEPOINT_HOST", "host", text, "127.0.0.1", "The address to listen on."),
    Setting("PAUSEPOINT_PORT", "port", whole(0, 65535), "8000", "The port to listen on."),
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
    *(setting for channel in CHANNELS.values() for setting in channel.settings),
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
        "PAUSEPOINT_RECIPIENT_DIRECTORY",
        "has_recipient_directory",
        read.switch,
        "off in dev and with closed registration, else on",
        "Whether live keys reach only whom the [directory](../how-to/recipients.md) allows.",
    ),
    Setting(
        "PAUSEPOINT_RECIPIENTS_ALLOWED",
        "recipients_allowed",
        read.recipient_patterns,
        "empty",
        "Whom live keys may ask without a confirmation: addresses, or patterns such as"
        " `*@example.com,+44*`.",
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
        whole(1, 3600),
        "45",
        "How long one poll by MCP holds, and the most that it can ask for.",
    ),
    Setting(
        "PAUSEPOINT_HOOKS",
        "hook_rules",
        hook_rules,
        "no rules",
        "Whom to ask before Claude Code uses a tool, as YAML. Usually `PAUSEPOINT_HOOKS_FILE` names"
        " the file.",
        is_multiline=True,
    ),
    Setting(
        "PAUSEPOINT_RATE_LIMITS",
        "rate_limits",
        read.rate_limits,
        "on",
        "`off`, or other numbers, such as `key=240,address=600`: see [limits](../how-to/limits.md).",
    ),
    Setting(
        "PAUSEPOINT_PLANS",
        "plans",
        read.plans,
        "`free=50:sms, starter=500:sms+email, pro=*:*`",
        "Plans: each with its pauses a month and its channels, `*` for any. `unlimited` is always there.",
    ),
    Setting(
        "PAUSEPOINT_DEFAULT_PLAN",
        "default_plan",
        text,
        "unlimited",
        "The plan of a new account.",
    ),
    Setting(
        "PAUSEPOINT_CONTENT_KEPT_DAYS",
        "content_kept",
        read.days(1),
        "for ever",
        "How long what was asked and answered is kept: see [erasing](../how-to/erase.md).",
    ),
    Setting(
        "PAUSEPOINT_AUDIT_KEPT_DAYS",
        "audit_kept",
        read.days(AUDIT_KEPT_AT_LEAST.days),
        "for ever",
        "How long audit entries are kept: half a year at least.",
    ),
    Setting(
        "PAUSEPOINT_TRUSTED_PROXIES",
        "trusted_proxies",
        read.networks,
        "empty",
        "Networks (CIDR) of proxies whose `X-Forwarded-For` is believed.",
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
