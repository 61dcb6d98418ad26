"""Traces, as a collector gets them from the shipped program."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.postgres import PostgresServer
from tests.e2e.api import QUESTION, Api, eventually, token_of
from tests.e2e.collector import SERVER, Collector
from tests.e2e.receiver import Receiver
from tests.e2e.server import PROGRAM, SECRET, Server, StartServer, environment, free_port

pytestmark = pytest.mark.e2e

CALLERS_TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLERS_SPAN = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{CALLERS_TRACE}-{CALLERS_SPAN}-01"}
WEBHOOK_SECRET = "a secret that nobody guesses"
NEVER_BY_ITSELF = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}
"""What is exported then is exported because the program stops."""

AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "10"}
WITHOUT_OPENTELEMETRY = (
    "import sys; sys.modules['opentelemetry'] = None; from pausepoint.cli import main; main()"
)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as ready:
        yield ready


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as ready:
        yield ready


def traced(endpoint: str, **more: str) -> dict[str, str]:
    return {"PAUSEPOINT_TRACING": "on", "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **more}


def lines(server: Server, event: str) -> list[dict[str, Any]]:
    logged = [json.loads(line) for line in server.log_path.read_text("utf-8").splitlines()]
    return [line for line in logged if line["event"] == event]


@pytest.fixture
def story(
    start_server: StartServer, collector: Collector, receiver: Receiver
) -> tuple[Server, dict[str, Any]]:
    """A pause that was asked for with a `traceparent`, answered, told to a webhook; all is over."""
    settings = traced(collector.base_url, **NEVER_BY_ITSELF)
    server = start_server("dev", PAUSEPOINT_OUTBOUND_ALLOW="127.0.0.0/8", **settings)
    with Api(server.base_url, server.test_api_key) as agent:
        agent.add_webhook(receiver.url, WEBHOOK_SECRET, ["pause.responded"])
        pause = agent.http.post("/v1/pause", json=QUESTION, headers=TRACEPARENT).json()
        eventually(lambda: agent.pause(pause["pause_id"])["delivery"]["state"] == "sent")
        assert agent.respond(token_of(pause["respond_url"]), "Approve").status_code == 200
        receiver.wait_for(len)
        eventually(lambda: len(lines(server, "attempt")) == 2)
        assert collector.bodies == []
    server.stop()
    return server, pause


def test_a_request_goes_on_with_its_callers_trace(
    story: tuple[Server, dict[str, Any]], collector: Collector
) -> None:
    _, pause = story
    create = collector.one("POST /v1/pause")

    assert (create.trace_id, create.parent_id) == (CALLERS_TRACE, CALLERS_SPAN)
    assert create.kind == SERVER
    assert not create.is_failed
    request_id = create.attributes.pop("pausepoint.request_id")
    assert create.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/pause",
        "http.response.status_code": 201,
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "pausepoint.pause_id": pause["pause_id"],
    }
    assert request_id.startswith("req_")
    commits = [span for span in collector.named("commit") if span.parent_id == create.span_id]
    assert [span.attributes["pausepoint.changes"] for span in commits] == [1]
    assert collector.named("GET /v1/pause/{pause_id}")


def test_an_attempt_leads_back_to_what_caused_it(
    story: tuple[Server, dict[str, Any]], collector: Collector, receiver: Receiver
) -> None:
    _, pause = story
    asked, told = collector.one("deliver sms"), collector.one("deliver webhook")

    assert asked.links == [collector.one("POST /v1/pause").where]
    assert told.links == [collector.one("POST /v1/respond/{token}").where]
    assert asked.trace_id != CALLERS_TRACE
    assert asked.attributes["pausepoint.pause_id"] == pause["pause_id"]
    assert (asked.attributes["pausepoint.target"], asked.attributes["pausepoint.outcome"]) == (
        "sms",
        "sent",
    )
    [received] = receiver.received
    assert received.headers["traceparent"][:-2] == f"00-{told.trace_id}-{told.span_id}-"
    assert "tracestate" not in received.headers


def test_the_log_and_the_traces_name_each_other(
    story: tuple[Server, dict[str, Any]], collector: Collector
) -> None:
    server, _ = story
    create = collector.one("POST /v1/pause")

    assert "library" not in server.log_path.read_text("utf-8")
    [line] = [line for line in lines(server, "request") if line["trace_id"] == CALLERS_TRACE]
    assert line["request_id"] == create.attributes["pausepoint.request_id"]
    attempts = {line["target"]: line["trace_id"] for line in lines(server, "attempt")}
    assert attempts == {
        "sms": collector.one("deliver sms").trace_id,
        "webhook": collector.one("deliver webhook").trace_id,
    }


def test_nothing_that_is_secret_leaves_in_a_span(
    story: tuple[Server, dict[str, Any]], collector: Collector, receiver: Receiver
) -> None:
    server, pause = story
    exported = b"".join(collector.bodies)
    secrets = [
        *(server.api_key, server.test_api_key, WEBHOOK_SECRET, receiver.url),
        *(token_of(pause["respond_url"]), QUESTION["recipient"], QUESTION["message"], "Approve"),
    ]

    assert pause["pause_id"].encode() in exported
    assert [secret for secret in secrets if secret.encode() in exported] == []


def test_the_service_is_named_by_opentelemetrys_own_variables(
    start_server: StartServer, collector: Collector
) -> None:
    named = {"OTEL_SERVICE_NAME": "asks", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test"}
    for names in ({}, named):
        start_server("dev", **traced(collector.base_url, **AT_ONCE, **names)).stop()

    told = [span.resource for span in collector.spans]
    assert {each["service.name"] for each in told} == {"pausepoint", "asks"}
    assert {each["service.version"] for each in told} == {told[0]["service.version"]}
    assert len({each["service.instance.id"] for each in told}) == 2
    assert {each.get("deployment.environment") for each in told if each["service.name"] == "asks"} == {"test"}  # fmt: skip


def test_traces_can_be_read_without_a_collector(start_server: StartServer) -> None:
    server = start_server("dev", PAUSEPOINT_TRACING="on", OTEL_TRACES_EXPORTER="console")
    with Api(server.base_url, None) as anybody:
        anybody.http.get("/health/live")
    server.stop()

    logged = [json.loads(line) for line in server.log_path.read_text("utf-8").splitlines()]
    assert "GET /health/live" in {line.get("name") for line in logged}


def test_a_collector_that_is_away_is_nobodys_trouble(start_server: StartServer) -> None:
    """All is answered, little is logged, and the stop comes in time: `stop` sees to that."""
    away = f"http://127.0.0.1:{free_port()}"
    small = {"OTEL_BSP_MAX_QUEUE_SIZE": "8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8"}
    server = start_server("dev", **traced(away, **AT_ONCE, **small))
    with Api(server.base_url, server.test_api_key) as agent:
        for _ in range(300):
            agent.create()
        eventually(lambda: "Failed to export" in server.log(10_000) or "Transient error" in server.log(10_000))  # fmt: skip
    server.stop()

    logged = [json.loads(line) for line in server.log_path.read_text("utf-8").splitlines()]
    of_the_sdk = [line for line in logged if "library" in line]
    assert len(lines(server, "request")) >= 300
    assert 1 <= len(of_the_sdk) <= 5, of_the_sdk


def test_a_collector_that_never_answers_does_not_hold_up_the_end(
    start_server: StartServer,
) -> None:
    with Collector(answers=False) as silent:
        server = start_server("dev", **traced(silent.base_url, **AT_ONCE))
        with Api(server.base_url, server.test_api_key) as agent:
            agent.create()
        assert silent.asked.wait(30)
        server.stop()


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-c", WITHOUT_OPENTELEMETRY, "dev"],
        env=environment(tmp_path, PAUSEPOINT_PORT="0", PAUSEPOINT_TRACING="on"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        "pausepoint: PAUSEPOINT_TRACING is on, but OpenTelemetry is not installed."
        " Install it with: pip install 'pausepoint[otel]'"
    ]


def test_the_operators_commands_are_not_traced(tmp_path: Path) -> None:
    def ended(*command: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_OPENTELEMETRY, *command],
            env=environment(tmp_path, PAUSEPOINT_SECRET_KEY=SECRET, PAUSEPOINT_TRACING="on"),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return done.returncode, done.stderr

    assert ended("migrate") == (0, "")
    assert ended("accounts", "list") == (0, "")


def test_without_the_extra_and_switched_off_it_runs(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WITHOUT_OPENTELEMETRY, "dev", "--json"],
        env=environment(tmp_path, PAUSEPOINT_PORT="0", OTEL_EXPORTER_OTLP_ENDPOINT="http://x"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    with process.stdout:
        ready = json.loads(process.stdout.readline())
        with Api(ready["base_url"], ready["test_api_key"]) as agent:
            assert agent.create()["status"] == "pending"
        process.terminate()
        assert process.wait(10) == 0


def test_a_worker_of_its_own_exports_too(tmp_path: Path, collector: Collector) -> None:
    """What caused a delivery is not known there: the pause's id joins the two."""
    postgres = PostgresServer()
    try:
        own = {"PAUSEPOINT_DATABASE_URL": postgres.url(postgres.create_database())}
        settings = own | traced(collector.base_url, **NEVER_BY_ITSELF)
        with Server(tmp_path, "serve", ("--web-only",), **settings) as web:
            public = {"PAUSEPOINT_SECRET_KEY": SECRET, "PAUSEPOINT_PUBLIC_URL": web.base_url}
            worker = subprocess.Popen(
                [PROGRAM, "worker"],
                env=environment(tmp_path, **(public | settings)),
                cwd=tmp_path,
                stderr=subprocess.DEVNULL,
            )
            try:
                with Api(web.base_url, web.test_api_key) as agent:
                    pause = agent.create(timeout_hours=0.0003)
                    agent.pause(pause["pause_id"], wait=30)
            finally:
                worker.terminate()
                assert worker.wait(10) == 0
    finally:
        postgres.close()

    of_pause = {
        (span.name, span.resource["service.instance.id"])
        for span in collector.spans
        if span.attributes.get("pausepoint.pause_id") == pause["pause_id"]
    }
    assert {name for name, _ in of_pause} >= {"POST /v1/pause", "commit"}
    assert len({instance for _, instance in of_pause}) == 2
