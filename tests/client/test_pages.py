"""What the client's pages show works, and prints what they say; and no public name is left out."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pausepoint.client
from pausepoint.client import AsyncPausePoint, Pause, PausePoint
from pausepoint.security.signatures import webhook_headers
from tests.client.person import answers
from tests.client.proxy import Proxy
from tests.client.test_verification import BODY, SECRET
from tests.docs.pages import ROOT, Step, steps
from tests.e2e.server import Server

PYTHON = ROOT / "docs" / "how-to" / "python.md"
REFERENCE = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
EXIT_CODES = ROOT / "docs" / "how-to" / "shell.md"
ANSWERS = re.compile(r"person answers (.+)")


@pytest.fixture
def reader(proxy: Proxy, server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """Runs a page's Python from top to bottom, as one program; how many printed lines it compared."""
    monkeypatch.setenv("PAUSEPOINT_API_KEY", server.test_api_key)
    monkeypatch.setenv("PAUSEPOINT_BASE_URL", proxy.base_url)

    def read(page: Path) -> int:
        found, names, compared, printed = steps(page), {"__name__": "page"}, 0, ""
        for number, step in enumerate(found):
            if step.kind == "python":
                proxy.asked = person(found[number:])
                output = io.StringIO()
                with contextlib.redirect_stdout(output):
                    exec(compile(step.text, step.where, "exec"), names)
                printed = output.getvalue()
            elif step.kind == "text" and printed:
                assert printed == step.text, step.where
                compared, printed = compared + step.text.count("\n"), ""
        if client := names.get("pausepoint"):
            assert isinstance(client, PausePoint)
            client.close()
        return compared

    return read


def person(rest: list[Step]) -> Callable[[Pause], None]:
    """Answers with the first option, or as the page says before the next output; not in a moment."""
    said = (ANSWERS.fullmatch(step.text) for step in rest if step.kind == "run")
    wanted = next(filter(None, said), None)

    def told(pause: Pause) -> None:
        options = pause.options or ()
        choice = wanted[1] if wanted and wanted[1] in options else options[0]
        if (pause.expires_at - pause.created_at).total_seconds() > 1:
            answers(choice)(pause)

    return told


@pytest.mark.e2e
@pytest.mark.parametrize(("page", "lines"), [(PYTHON, 7), (ROOT / "README.md", 0)])
def test_a_page_of_python_runs(reader: Callable[[Path], int], page: Path, lines: int) -> None:
    assert reader(page) == lines


def test_the_receiver_takes_ours_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    found = steps(PYTHON)
    place = next(i for i, step in enumerate(found) if step.text == "python receiver")
    names: dict[str, Any] = {}
    exec(compile(found[place + 1].text, found[place + 1].where, "exec"), names)
    simple = webhook_headers(SECRET, "pause.responded", "dlv_1", 0, BODY)["x-pausepoint-signature"]

    assert names["receive"](BODY, {"X-PausePoint-Signature": simple}, SECRET) == 204
    assert names["receive"](BODY + b" ", {"X-PausePoint-Signature": simple}, SECRET) == 401
    assert capsys.readouterr().out == "psr_1 Approve\n"


@pytest.mark.parametrize("name", pausepoint.client.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert f"`{name}" in REFERENCE
    assert getattr(pausepoint.client, name).__doc__


def test_every_public_name_is_exported() -> None:
    names = {
        name for name, value in vars(pausepoint.client).items() if hasattr(value, "__module__")
    }

    assert {name for name in names if not name.startswith("_")} == set(pausepoint.client.__all__)


@pytest.mark.parametrize("client", [PausePoint, AsyncPausePoint])
def test_every_method_and_its_parameters_are_there(client: type) -> None:
    for name in dir(client):
        if not name.startswith("_") and name not in ("close", "aclose"):
            assert f"`{name}(" in REFERENCE, name
            for parameter in inspect.signature(getattr(client, name)).parameters:
                assert parameter == "self" or parameter in REFERENCE, (name, parameter)


@pytest.mark.parametrize("code", [0, 10, 20, 30, 1, 2, 130])
def test_every_exit_code_is_there(code: int) -> None:
    assert f"| {code} |" in EXIT_CODES.read_text("utf-8")
