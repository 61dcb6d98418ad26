"""Parameters of a PostgreSQL URL: what they do to real connections, and what ends the start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from tests.doubles.pgbouncer import PgBouncer
from tests.doubles.postgres import PostgresServer
from tests.e2e.api import Api, eventually
from tests.e2e.server import LIMITS_OFF, PROGRAM, SECRET, Server, environment, free_port
from tests.e2e.test_pgbouncer import PAGE_SETTINGS

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def guarded() -> Iterator[PostgresServer]:
    """Asks for passwords on TCP; `keeper` has one."""
    server = PostgresServer({"listen_addresses": "127.0.0.1", "port": str(free_port())})
    server.run_sql("CREATE ROLE keeper LOGIN PASSWORD 'right' CREATEDB")
    server.run_sql("CREATE ROLE locked NOLOGIN PASSWORD 'right'")
    server.run_sql("CREATE ROLE reader LOGIN PASSWORD 'right'")
    (server.data / "pg_hba.conf").write_text(
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    server.run_sql("SELECT pg_reload_conf()")
    yield server
    server.close()


@pytest.fixture
def database(guarded: PostgresServer) -> str:
    name = guarded.create_database()
    guarded.run_sql(f"ALTER DATABASE {name} OWNER TO keeper")
    return name


def tcp_url(
    server: PostgresServer, user: str, password: str, database: str, query: str = ""
) -> str:
    return f"postgresql://{user}:{password}@127.0.0.1:{server.port}/{database}{query}"


def run(folder: Path, url: str, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    given = {"PAUSEPOINT_SECRET_KEY": SECRET, "PAUSEPOINT_PORT": str(free_port())}
    return subprocess.run(
        [PROGRAM, *command],
        env=environment(folder, PAUSEPOINT_DATABASE_URL=url, **given, **settings),
        cwd=folder, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


COMMANDS = [
    ("serve",),
    ("serve", "--workers", "2"),
    ("worker",),
    ("migrate",),
    ("accounts", "list"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_wrong_password_ends_the_start(
    guarded: PostgresServer, database: str, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = run(tmp_path, tcp_url(guarded, "keeper", "wrong", database), *command)

    assert done.returncode == 1
    assert 'password authentication failed for user "keeper"' in done.stderr
    assert "Check PAUSEPOINT_DATABASE_URL" in done.stderr
    assert "wrong" not in done.stderr


@pytest.mark.parametrize(
    ("user", "name", "query", "reason"),
    [
        ("nobody", None, "", 'password authentication failed for user "nobody"'),
        ("locked", None, "", "not permitted to log in"),
        ("keeper", "missing", "", 'database "missing" does not exist'),
        ("reader", None, "", "permission denied for schema public"),
        ("keeper", None, "?schema=missing", "no schema has been selected"),
        ("keeper", None, "?sslmode=require", "rejected SSL upgrade"),
        ("keeper", None, "?options=-c%20statement_timeout%3Dsoon", "statement_timeout"),
        ("keeper", None, "?sslmode=verify-full", "root certificate"),
    ],
)
def test_what_waiting_does_not_cure_ends_the_start(
    guarded: PostgresServer,
    database: str,
    tmp_path: Path,
    user: str,
    name: str | None,
    query: str,
    reason: str,
) -> None:
    done = run(tmp_path, tcp_url(guarded, user, "right", name or database, query), "serve")

    assert done.returncode == 1
    assert reason in done.stderr


def test_doctor_gives_the_same_reason(
    guarded: PostgresServer, database: str, tmp_path: Path
) -> None:
    done = run(tmp_path, tcp_url(guarded, "keeper", "wrong", database), "doctor", "--json")

    assert "password authentication failed" in json.dumps(json.loads(done.stdout))


def test_a_missing_file_ends_the_start(guarded: PostgresServer, tmp_path: Path) -> None:
    url = tcp_url(guarded, "keeper", "right", "postgres", f"?sslrootcert={tmp_path}/root.crt")
    done = run(tmp_path, url, "serve")

    assert done.returncode == 1
    assert f"names {tmp_path}/root.crt as sslrootcert, which cannot be read" in done.stderr


def test_the_schema_parameter_chooses_where_the_tables_are(
    guarded: PostgresServer, database: str, tmp_path: Path
) -> None:
    guarded.run_sql("CREATE SCHEMA agents AUTHORIZATION keeper", database)
    url = tcp_url(guarded, "keeper", "right", database, "?schema=agents&application_name=x")
    with (
        Server(tmp_path, PAUSEPOINT_DATABASE_URL=url, **LIMITS_OFF) as server,
        Api(server.base_url, server.test_api_key) as api,
    ):
        api.create()

    schemas = "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'pauses'"
    assert guarded.run_sql(schemas, database) == "agents"


def test_idle_connections_are_probed_before_a_load_balancer_forgets_them(
    guarded: PostgresServer, database: str, tmp_path: Path
) -> None:
    url = tcp_url(guarded, "keeper", "right", database)
    with Server(tmp_path, PAUSEPOINT_DATABASE_URL=url, **LIMITS_OFF) as server:
        with Api(server.base_url, server.test_api_key) as api:
            api.create()
        assert server.process is not None
        timers = eventually(lambda: idle_timers(server.pid, guarded.port))

    assert timers
    assert all(seconds < 4 * 60 for seconds in timers)


def idle_timers(pid: int, port: int) -> list[float]:
    """Seconds to the next keepalive of each of the process's connections; empty unless all have one.

    proc(5), /proc/net/tcp: `tr` is 02 for a keepalive timer, `tm->when` counts clock ticks.
    """
    inodes = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            inodes.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
    lines = [line.split() for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    mine = [line for line in lines if line[9] in inodes and int(line[2][-4:], 16) == port]
    if not all(line[5].startswith("02:") for line in mine):
        return []
    return [int(line[5][3:], 16) / os.sysconf("SC_CLK_TCK") for line in mine]


@pytest.fixture(scope="module")
def authority() -> Iterator[Path]:
    """A folder with `root.crt`, and a certificate of it for localhost; PgBouncer may run as nobody."""
    with tempfile.TemporaryDirectory(prefix="tls", dir="/tmp") as name:
        folder = Path(name)
        made = trustme.CA()
        made.cert_pem.write_to_path(folder / "root.crt")
        issued = made.issue_cert("localhost")
        issued.private_key_pem.write_to_path(folder / "key.pem")
        issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
        (folder / "key.pem").chmod(0o644)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def encrypted(guarded: PostgresServer, authority: Path) -> Iterator[PgBouncer]:
    """PgBouncer with TLS on TCP, since the PostgreSQL of these tests was built without."""
    own = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(free_port()),
        "client_tls_sslmode": "require",
        "client_tls_key_file": str(authority / "key.pem"),
        "client_tls_cert_file": str(authority / "cert.pem"),
    }
    settings = PAGE_SETTINGS.replace("= transaction", "= session")
    with PgBouncer(guarded, guarded.create_database(), settings, own) as started:
        yield started


@pytest.mark.parametrize(
    ("query", "trusts_system", "reason"),
    [
        ("sslmode=no-verify", False, None),
        ("ssl=true", False, None),
        ("sslmode=verify-full&sslrootcert={root}", False, None),
        ("sslrootcert=system", True, None),
        ("sslmode=require&channel_binding=require", True, None),
        ("sslmode=require&channel_binding=require&sslrootcert={root}", False, None),
        ("sslrootcert=system", False, "certificate verify failed"),
        ("sslmode=require&channel_binding=require", False, "certificate verify failed"),
    ],
)
def test_tls_parameters_decide_which_server_is_believed(
    encrypted: PgBouncer,
    authority: Path,
    tmp_path: Path,
    query: str,
    trusts_system: bool,
    reason: str | None,
) -> None:
    root = authority / "root.crt"
    url = f"postgresql://postgres@localhost:{encrypted.port}/pausepoint?{query.format(root=root)}"
    roots = {"SSL_CERT_FILE": str(root)} if trusts_system else {}
    done = run(tmp_path, url, "migrate", **roots)

    assert done.returncode == (0 if reason is None else 1), done.stderr
    assert (reason or "") in done.stderr


def test_connect_timeout_bounds_a_connection_that_nobody_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x?sslmode=disable&connect_timeout=1"
        done = run(tmp_path, url, "accounts", "list")

    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
