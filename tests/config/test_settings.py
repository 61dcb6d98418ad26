"""Settings: read once, odd values refused aloud."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pausepoint.config.settings import Command, ConfigError, Settings, base_url, load
from pausepoint.config.table import SETTINGS

SECRET = "0123456789abcdef0123456789abcdef"
SERVE = {"PAUSEPOINT_SECRET_KEY": SECRET}
TRACED = {"PAUSEPOINT_TRACING": "on"}


def problems(command: Command, environment: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(command, environment)
    return raised.value.problems


def test_dev_needs_nothing_and_keeps_the_secret_it_made(tmp_path: Path) -> None:
    environment = {"PAUSEPOINT_DATABASE_URL": f"sqlite:///{tmp_path}/sub/a.db"}
    first, second = load(Command.DEV, environment), load(Command.DEV, environment)

    assert first.secret_keys == second.secret_keys
    assert (tmp_path / "sub" / "pausepoint.secret").stat().st_mode & 0o077 == 0
    assert first.public_url == "http://127.0.0.1:8000"
    assert first.registration_is_open


def test_serve_is_closed_and_needs_its_secret() -> None:
    assert problems(Command.SERVE, {})[0].startswith("PAUSEPOINT_SECRET_KEY must be set")
    settings = load(Command.SERVE, SERVE)
    assert not settings.registration_is_open
    assert not settings.reveals_respond_url


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"PAUSEPOINT_PORT": "eight"}, "PAUSEPOINT_PORT"),
        ({"PAUSEPOINT_PORT": "65536"}, "PAUSEPOINT_PORT"),
        ({"PAUSEPOINT_PUBLIC_URL": "pause.example.com"}, "PAUSEPOINT_PUBLIC_URL"),
        ({"PAUSEPOINT_PUBLIC_URL": "http://pause.example.com"}, "PAUSEPOINT_PUBLIC_URL"),
        ({"PAUSEPOINT_SECRET_KEY": "short"}, "PAUSEPOINT_SECRET_KEY"),
        ({"PAUSEPOINT_SMS_MAX_SEGMENTS": "0"}, "PAUSEPOINT_SMS_MAX_SEGMENTS"),
        ({"PAUSEPOINT_OUTBOUND_ALLOW": "10.0.0.0/40"}, "PAUSEPOINT_OUTBOUND_ALLOW"),
        ({"PAUSEPOINT_REGISTRATION": "maybe"}, "PAUSEPOINT_REGISTRATION"),
        ({"PAUSEPOINT_REVEAL_RESPOND_URL": "maybe"}, "PAUSEPOINT_REVEAL_RESPOND_URL"),
        ({"PAUSEPOINT_LOG_FORMAT": "xml"}, "PAUSEPOINT_LOG_FORMAT"),
        ({"PAUSEPOINT_DATABASE_URL": "mysql://x"}, "PAUSEPOINT_DATABASE_URL"),
        ({"PAUSEPOINT_SECRET_KEY_FILE": "/nowhere"}, "PAUSEPOINT_SECRET_KEY"),
        ({"PAUSEPOINT_TWILIO_FROM": "+15550100100"}, "PAUSEPOINT_TWILIO_ACCOUNT_SID"),
        ({"PAUSEPOINT_EMAIL_FROM": "a@example.com"}, "PAUSEPOINT_SMTP_URL"),
        ({"PAUSEPOINT_HOST": "0.0.0.0"}, "PAUSEPOINT_PUBLIC_URL"),
        ({"PAUSEPOINT_PUBLIC_URL": "https://x.example.com/pp"}, "PAUSEPOINT_PUBLIC_URL"),
        ({"PAUSEPOINT_PUBLIC_ULR": "https://x.example.com"}, "PAUSEPOINT_PUBLIC_ULR"),
        ({"PAUSEPOINT_TWILIO_ACCOUNT_SID": "x y"}, "PAUSEPOINT_TWILIO_ACCOUNT_SID"),
        ({"PAUSEPOINT_TWILIO_AUTH_TOKEN": "é"}, "PAUSEPOINT_TWILIO_AUTH_TOKEN"),
        ({"PAUSEPOINT_SLACK_HOSTS": "https://foo/"}, "PAUSEPOINT_SLACK_HOSTS"),
        ({"PAUSEPOINT_TRACING": "maybe"}, "PAUSEPOINT_TRACING"),
        (TRACED | {"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER"),
        (TRACED | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ],
)
def test_an_odd_value_is_refused_by_name(environment: dict[str, str], named: str) -> None:
    base = {} if "PAUSEPOINT_SECRET_KEY_FILE" in environment else SERVE
    assert any(problem.startswith(named) for problem in problems(Command.SERVE, base | environment))


def plain(environment: dict[str, str]) -> Settings:
    """The settings of `serve`, but for the channels, which do not compare."""
    return replace(load(Command.SERVE, environment), channels={})


URLS = {
    "PAUSEPOINT_PUBLIC_URL": "https://pause.example.com",
    "PAUSEPOINT_DATABASE_URL": "postgresql://pausepoint@db.example.com/pausepoint",
    "PAUSEPOINT_DATABASE_DIRECT_URL": "postgresql://pausepoint@db.example.com/pausepoint",
    "PAUSEPOINT_TWILIO_BASE_URL": "https://api.example.com",
    "PAUSEPOINT_SMTP_URL": "smtp://127.0.0.1:25",
}


@pytest.mark.parametrize("odd", [" ", "\t", "\r", "\n", "\x00", "#", " # main", "\u200b", "\u00a0"])
@pytest.mark.parametrize("name", URLS)
def test_a_url_with_an_odd_character_is_refused(name: str, odd: str) -> None:
    url = URLS[name]
    inside = SERVE | {name: url[:-3] + odd + url[-3:]}
    assert any(problem.startswith(name) for problem in problems(Command.SERVE, inside))


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_every_setting_is_stripped(name: str) -> None:
    blanks = SERVE | {name: " \t\r\n"}
    unset = {key: value for key, value in SERVE.items() if key != name}
    if name == "PAUSEPOINT_SECRET_KEY":
        assert problems(Command.SERVE, blanks) == problems(Command.SERVE, unset)
    else:
        assert plain(blanks) == plain(unset)


@pytest.mark.parametrize("end", [" ", "\r", "\t", "\n", "\u00a0"])
def test_blanks_around_a_value_are_no_part_of_it(end: str) -> None:
    values = {
        "PAUSEPOINT_PUBLIC_URL": "https://pause.example.com",
        "PAUSEPOINT_DATABASE_URL": "sqlite:///a b.db",
        "PAUSEPOINT_HOST": "127.0.0.1",
        "PAUSEPOINT_LOG_FORMAT": "json",
    }
    padded = {name: f"{end}{value}{end}" for name, value in values.items()}
    assert plain(SERVE | padded) == plain(SERVE | values)


@pytest.mark.parametrize("end", ["#", "?", "?mode=ro", " # the main one"])
def test_the_path_of_a_sqlite_database_takes_no_options(end: str) -> None:
    url = {"PAUSEPOINT_DATABASE_URL": f"sqlite:///pausepoint.db{end}"}
    [problem] = problems(Command.SERVE, SERVE | url)
    assert problem.startswith("PAUSEPOINT_DATABASE_URL must be a file's path")


def test_several_mistakes_are_told_at_once() -> None:
    wrong = {"PAUSEPOINT_PORT": "x", "PAUSEPOINT_LOG_FORMAT": "x"}

    assert len(problems(Command.SERVE, SERVE | wrong)) == 2


def test_a_configured_channel_needs_the_public_url() -> None:
    smtp = {"PAUSEPOINT_SMTP_URL": "smtp://127.0.0.1:25", "PAUSEPOINT_EMAIL_FROM": "a@example.com"}

    assert problems(Command.SERVE, SERVE | smtp)[0].startswith("PAUSEPOINT_PUBLIC_URL")
    url = {"PAUSEPOINT_PUBLIC_URL": "https://pause.example.com/"}
    assert load(Command.SERVE, SERVE | smtp | url).public_url == "https://pause.example.com"


def test_dev_stays_on_this_machine() -> None:
    wrong = {"PAUSEPOINT_HOST": "0.0.0.0", "PAUSEPOINT_SECRET_KEY": SECRET}
    assert problems(Command.DEV, wrong)[0].startswith("PAUSEPOINT_HOST")


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(SECRET + "\n")
    path = {"PAUSEPOINT_SECRET_KEY_FILE": str(tmp_path / "key")}

    assert load(Command.SERVE, path).secret_keys == (SECRET,)
    assert "both set" in problems(Command.SERVE, SERVE | path)[0]


def test_secrets_are_rotated_by_listing_the_new_one_first() -> None:
    both = {"PAUSEPOINT_SECRET_KEY": f"{'n' * 32}, {SECRET}"}

    assert load(Command.SERVE, both).secret_keys == ("n" * 32, SECRET)


def test_opentelemetrys_variables_alone_switch_nothing_on() -> None:
    inherited = {"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}

    assert not load(Command.SERVE, SERVE | inherited).is_traced
    assert load(Command.SERVE, SERVE | TRACED).traces_exporter == "otlp"
    console = {"OTEL_TRACES_EXPORTER": "console", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    assert load(Command.SERVE, SERVE | TRACED | console).traces_exporter == "console"


def test_every_setting_has_one_name_and_one_field() -> None:
    assert len({s.name for s in SETTINGS}) == len({s.field for s in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize("name", ["PAUSEPOINT_DATABASE_URL", "PAUSEPOINT_DATABASE_DIRECT_URL"])
@pytest.mark.parametrize("password", ["hunter2/x", "hunter2#x", "hunter2?x", "x[hunter2"])
def test_a_url_that_cannot_be_read_is_refused_without_its_password(
    name: str, password: str
) -> None:
    url = {name: f"postgresql://pausepoint:{password}@db.example.com/pausepoint"}
    [problem] = problems(Command.SERVE, SERVE | url)

    assert problem.startswith(f"{name} cannot be read as a URL")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("channel_binding=require&sslmode=disable", "channel_binding=require with sslmode=disable"),
        ("channel_binding=always", "channel_binding=always"),
        ("connect_timeout=soon", "connect_timeout=soon"),
        ("keepalives_idle=-1", "keepalives_idle=-1"),
        ("sslmode=full", "sslmode=full"),
        ("ssl=maybe", "sslmode=maybe"),
        ("sslmode=require&sslrootcert=system", "sslrootcert=system with sslmode=require"),
        ("sslmode=verify-full&sslrootcert=/nowhere/root.crt", "/nowhere/root.crt as sslrootcert"),
        ("sslcert=/nowhere/client.crt", "/nowhere/client.crt as sslcert"),
        ("passfile=/nowhere/pgpass", "/nowhere/pgpass as passfile"),
        ("sslnegotiation=direct", "sslnegotiation=direct"),
        ("target_session_attrs=standby", "target_session_attrs=standby"),
        ("gssencmode=require", "gssencmode=require"),
        ("client_encoding=latin1", "client_encoding=latin1"),
        ("load_balance_hosts=random", "load_balance_hosts=random"),
        ("requirepeer=postgres", "the parameter requirepeer"),
        ("hostaddr=10.0.0.1", "the parameter hostaddr"),
        ("connection_limit=5", "the parameter connection_limit"),
        ("statement_timeout=5s", "options=-c%20statement_timeout"),
        ("sslmode", "the parameter sslmode without a value"),
        ("pgbouncer=true", "PAUSEPOINT_DATABASE_DIRECT_URL"),
    ],
)
def test_a_connection_parameter_that_cannot_be_honored_is_refused_by_name(
    query: str, named: str
) -> None:
    url = {"PAUSEPOINT_DATABASE_URL": f"postgresql://u:hunter2@db.example.com/pausepoint?{query}"}
    [problem] = problems(Command.SERVE, SERVE | url)

    assert problem.startswith("PAUSEPOINT_DATABASE_URL")
    assert named in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("end", ["hunter2", "x=1&hunter2", "hunter2=x", "Hunter2=x", "x=hunter2"])
def test_a_password_with_a_question_mark_is_not_shown(end: str) -> None:
    """A password of digits passes for a port, and what follows it for parameters."""
    url = {"PAUSEPOINT_DATABASE_URL": f"postgresql://u:12345?{end}@db.example.com/pausepoint"}
    [problem] = problems(Command.SERVE, SERVE | url)

    assert problem.startswith("PAUSEPOINT_DATABASE_URL")
    assert "hunter2" not in problem.lower()


@pytest.mark.parametrize(
    "query",
    [
        "channel_binding=require&sslmode=require",
        "channel_binding=prefer",
        "connect_timeout=10",
        "keepalives=1&keepalives_idle=30&keepalives_interval=5&keepalives_count=3",
        "tcp_user_timeout=30000",
        "schema=public",
        "ssl=true",
        "sslmode=no-verify",
        "sslrootcert=system",
        "sslmode=verify-full&sslrootcert=system",
        "sslmode=",
        "application_name=agents&fallback_application_name=x&client_encoding=UTF8",
        "gssencmode=disable&sslcompression=0&sslsni=1&target_session_attrs=read-write",
        "options=-c%20statement_timeout%3D5s",
    ],
)
def test_usual_connection_parameters_are_accepted(query: str) -> None:
    url = {"PAUSEPOINT_DATABASE_URL": f"postgresql://u@db.example.com/pausepoint?{query}"}

    assert load(Command.SERVE, SERVE | url).database_url.endswith(query)


def test_a_pooler_is_only_for_the_first_of_two_urls() -> None:
    pooled = "postgresql://u@db.example.com:6432/pausepoint?pgbouncer=true"
    direct = "postgresql://u@db.example.com/pausepoint"
    both = {"PAUSEPOINT_DATABASE_URL": pooled, "PAUSEPOINT_DATABASE_DIRECT_URL": direct}

    assert load(Command.SERVE, SERVE | both).database_direct_url == direct
    swapped = both | {"PAUSEPOINT_DATABASE_DIRECT_URL": pooled}
    [problem] = problems(Command.SERVE, SERVE | swapped)
    assert problem.startswith("PAUSEPOINT_DATABASE_DIRECT_URL has pgbouncer=true")


KUBERNETES_LINKS = {
    f"{prefix}{name}": value
    for prefix in ("PAUSEPOINT_", "PAUSEPOINT_WEB_", "PAUSEPOINT_DATABASE_")
    for name, value in {
        "SERVICE_HOST": "10.96.0.7",
        "SERVICE_PORT": "8000",
        "SERVICE_PORT_HTTP": "8000",
        "PORT": "tcp://10.96.0.7:8000",
        "PORT_8000_TCP": "tcp://10.96.0.7:8000",
        "PORT_8000_TCP_PROTO": "tcp",
        "PORT_8000_TCP_PORT": "8000",
        "PORT_8000_TCP_ADDR": "10.96.0.7",
        "PORT_53_UDP": "udp://10.96.0.7:53",
    }.items()
}


def test_service_links_of_kubernetes_are_no_settings() -> None:
    settings = load(Command.SERVE, SERVE | KUBERNETES_LINKS)

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert base_url(KUBERNETES_LINKS) == "http://127.0.0.1:8000"
    given = KUBERNETES_LINKS | {"PAUSEPOINT_PORT": "9000"}
    assert load(Command.SERVE, SERVE | given).port == 9000
    assert problems(Command.SERVE, SERVE | {"PAUSEPOINT_PORT": "tcp"})


def test_an_option_goes_before_the_setting_and_its_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db.example.com/one")
    path = {"PAUSEPOINT_DATABASE_URL_FILE": str(tmp_path / "url")}
    given = {"PAUSEPOINT_DATABASE_URL": "postgresql://db.example.com/two"}

    assert load(Command.SERVE, SERVE | path).database_url.endswith("/one")
    assert load(Command.SERVE, SERVE | path, given).database_url.endswith("/two")


def test_the_directory_is_on_where_strangers_register() -> None:
    serve = {"PAUSEPOINT_SECRET_KEY": "k" * 32}
    opened = serve | {"PAUSEPOINT_REGISTRATION": "open"}
    assert not load(Command.SERVE, serve).has_recipient_directory
    assert load(Command.SERVE, opened).has_recipient_directory
    assert not load(Command.DEV, opened).has_recipient_directory
    off = opened | {"PAUSEPOINT_RECIPIENT_DIRECTORY": "off"}
    assert not load(Command.SERVE, off).has_recipient_directory


@pytest.mark.parametrize(
    "value",
    [
        "*", "*@*", "*@com", "+*", "bob", "*@example.com, *", ",", "44*",
        "*%*@example.com", "*!*@example.com", "a@b@example.com", '"x"@example.com',
        "*@[127.0.0.1]", "*@exa%6dple.com", "*@example.com.", "*@ex\u00e4mple.com",
        "https://x@evil.test/services/T*", "https://evil.test\\x/services/T*",
    ],
)  # fmt: skip
def test_a_pattern_that_allows_too_much_is_refused_aloud(value: str) -> None:
    with pytest.raises(ConfigError, match="PAUSEPOINT_RECIPIENTS_ALLOWED must be addresses"):
        load(Command.DEV, {"PAUSEPOINT_RECIPIENTS_ALLOWED": value})


def test_countries_are_beginnings_of_numbers() -> None:
    given = {"PAUSEPOINT_SMS_COUNTRIES": "+1, +44", "PAUSEPOINT_SECRET_KEY": "k" * 32}
    sms = load(Command.DEV, given).channels["sms"]
    assert sms.forbids("+447700900123") is None
    assert "some countries only" in str(sms.forbids("+4915112345678"))
    with pytest.raises(ConfigError, match="PAUSEPOINT_SMS_COUNTRIES must be beginnings"):
        load(Command.DEV, {"PAUSEPOINT_SMS_COUNTRIES": "GB"})
