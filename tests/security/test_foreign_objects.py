"""Two accounts and every endpoint, with whatever Schemathesis makes of the published document.

No answer is a crash, each is as the document says, and neither account sees or changes what is the
other's. It is seeded: PAUSEPOINT_TEST_SEED repeats a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pausepoint.web.endpoints import ENDPOINTS
from pausepoint.web.openapi import openapi_document
from tests.e2e.api import Api, Json
from tests.e2e.conftest import SEED
from tests.e2e.server import Server

pytestmark = pytest.mark.e2e

EXAMPLES: Final = 15
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
DOCUMENT: Final = json.loads(
    json.dumps(openapi_document(ENDPOINTS, "http://127.0.0.1"), default=str)
)
REFUSED: Final = (400, 401, 403, 404, 405, 413, 415, 422)
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/v1/events")
"""The feed never ends: what it tells whom is in tests/web/api/test_events.py."""


@dataclass
class Account:
    """One account with one of everything; `mark` stands in all that is its own."""

    api: Api
    key: str
    mark: str
    ids: dict[str, str] = field(default_factory=dict)

    def fill(self) -> None:
        pause = self.api.create(message=f"{self.mark}?", metadata={"of": self.mark})
        url = f"https://{self.mark}.example.com/"
        webhook = self.api.add_webhook(url, f"secret of {self.mark}", ["pause.cancelled"])
        gone = self.api.create(message=f"{self.mark} gone")
        assert self.api.cancel(gone["pause_id"]).is_success
        [delivery] = self.api.every(f"/v1/webhooks/{webhook}/deliveries")
        key = self.api.http.post("/v1/keys", json={"name": self.mark, "scopes": ["audit:read"]})
        self.ids = {
            "pause_id": pause["pause_id"],
            "webhook_id": webhook,
            "delivery_id": delivery["delivery_id"],
            "key_id": key.json()["key_id"],
            "token": pause["respond_url"].rpartition("/")[2],
        }

    def own(self) -> list[Json]:
        """What only this account may change."""
        lists = [self.api.http.get(f"/v1/{name}").json() for name in ("webhooks", "keys")]
        for key in lists[1]["items"]:
            key.pop("last_used_at")
        return [*lists, self.api.pause(self.ids["pause_id"])]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("two")
    with Server(directory, "dev", PAUSEPOINT_REGISTRATION="open") as ready:
        yield ready


@contextmanager
def account(server: Server, mark: str) -> Iterator[Account]:
    keys = server.new_account(f"agents@{mark}.example.com")
    with Api(server.base_url, keys["test_api_key"]) as api:
        made = Account(api, keys["test_api_key"], mark)
        made.fill()
        yield made


@pytest.fixture(scope="module")
def alice(server: Server) -> Iterator[Account]:
    with account(server, "alice-mark") as made:
        yield made


@pytest.fixture(scope="module")
def bob(server: Server) -> Iterator[Account]:
    with account(server, "bob-mark") as made:
        yield made


@seeded(SEED)
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=False,
)
def test_bob_tries_everything(
    case: schemathesis.Case, server: Server, alice: Account, bob: Account
) -> None:
    """As generated, then with his own ids, then with Alice's in their places."""
    before = alice.own()
    send(case, server, bob, alice)
    if case.path_parameters:
        put(case, bob.ids)
        send(case, server, bob, alice)
        if "token" not in case.path_parameters:
            put(case, alice.ids)
            assert send(case, server, bob, alice).status_code in REFUSED
    assert alice.own() == before


def put(case: Any, ids: dict[str, str]) -> None:
    for name in case.path_parameters:
        case.path_parameters[name] = ids[name]


def send(case: Any, server: Server, who: Account, other: Account) -> Any:
    if re.fullmatch(r"[0-9.]+", str((case.query or {}).get("wait"))):
        case.query["wait"] = 0  # what is no number stays; nobody has the time to wait
    headers = {"Authorization": f"Bearer {who.key}"}
    response = case.call(base_url=server.base_url, headers=headers)
    if case.operation.path == "/v1/auth/keys/rotate" and response.status_code == 200:
        who.key = response.json()["test_api_key"]
        who.api.http.headers["Authorization"] = f"Bearer {who.key}"
    case.validate_response(response, checks=CHECKS, headers=headers)
    assert other.mark not in response.text
    return response
