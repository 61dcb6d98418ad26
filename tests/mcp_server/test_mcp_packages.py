"""What registries and hosts install: `server.json`, and the bundle for one click."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scripts.build_mcpb import build, contents
from stdio_process import SERVER, StdioProcess

import pausepoint
from pausepoint.mcp import settings, tools

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
SHAPE = json.loads(Path(__file__).with_name("registry_shape.json").read_text("utf-8"))
VERSION = pausepoint.__version__


def ours(name: str) -> Json:
    read: Json = json.loads((SERVER.parent / name).read_text("utf-8"))
    return read


def names_in(source: str) -> set[str]:
    return set(re.findall(r"PAUSEPOINT_[A-Z_]+", source))


KNOWN = names_in(Path(settings.__file__).read_text("utf-8"))


def test_server_json_is_what_the_registry_takes() -> None:
    Draft202012Validator.check_schema(SHAPE)
    problems = list(Draft202012Validator(SHAPE).iter_errors(ours("server.json")))
    assert problems == []


@pytest.mark.parametrize(
    "change",
    [
        {"name": "no namespace"},
        {"description": "x" * 101},
        {"version": "latest"},
        {"packages": []},
        {"status": "active"},
    ],
)
def test_the_shape_refuses_what_the_registry_refuses(change: Json) -> None:
    assert not Draft202012Validator(SHAPE).is_valid({**ours("server.json"), **change})


def test_server_json_is_of_this_program() -> None:
    described = ours("server.json")
    (package,) = described["packages"]
    assert described["version"] == package["version"] == VERSION
    variables = {variable["name"] for variable in package["environmentVariables"]}
    assert variables <= KNOWN
    secrets = {v["name"] for v in package["environmentVariables"] if v.get("isSecret")}
    assert secrets == {"PAUSEPOINT_API_KEY"}
    (remote,) = described["remotes"]
    assert set(re.findall(r"{(\w+)}", remote["url"])) == set(remote["variables"])


def test_manifest_is_of_this_program() -> None:
    manifest = ours("manifest.json")
    assert manifest["version"] == VERSION
    table = [{"name": t["name"], "description": t["title"]} for t in tools.tool_table(45)]
    assert manifest["tools"] == table
    environment = manifest["server"]["mcp_config"]["env"]
    assert set(environment) <= KNOWN
    used = set(re.findall(r"\${user_config\.(\w+)}", "".join(environment.values())))
    asked = manifest["user_config"]
    assert used == set(asked)
    assert [name for name, field in asked.items() if field.get("sensitive")] == ["api_key"]
    # What a user leaves empty must have a default, or the host passes the placeholder on.
    assert all(field["required"] or "default" in field for field in asked.values())


def test_bundle_is_the_same_every_time(tmp_path: Path) -> None:
    build(tmp_path / "one.mcpb")
    build(tmp_path / "deeper" / "two.mcpb")
    first = (tmp_path / "one.mcpb").read_bytes()
    assert first == (tmp_path / "deeper" / "two.mcpb").read_bytes()


def test_bundle_runs_as_its_manifest_says(tmp_path: Path) -> None:
    build(tmp_path / "bundle.mcpb")
    installed = tmp_path / "a folder with blanks"
    with zipfile.ZipFile(tmp_path / "bundle.mcpb") as archive:
        assert archive.testzip() is None
        archive.extractall(installed)
    server = json.loads((installed / "manifest.json").read_text("utf-8"))["server"]
    script = Path(server["mcp_config"]["args"][0].replace("${__dirname}", str(installed)))
    assert script == installed / server["entry_point"]
    mcp = StdioProcess(script=script)
    assert len(mcp.request("tools/list")["result"]["tools"]) == 5
    assert mcp.close() == 0


def test_bundle_has_the_whole_program_and_nothing_of_a_machine() -> None:
    names = contents()
    assert {path.name for path in SERVER.parent.glob("*.py")} <= set(names)
    assert {"manifest.json", "LICENSE"} <= set(names)
    assert not any("pycache" in str(path) for path in names.values())
