"""The sdist and the wheel of both build tools, each alone in a fresh environment, as a newcomer uses them.

With pip and venv, as most do; `tests/client/test_packaging.py` tries the oldest libraries, with uv.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.newcomer import play
from tests.client.test_packaging import run_uv
from tests.docs.pages import ROOT


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def new_environment(place: Path) -> Path:
    run(sys.executable, "-m", "venv", str(place))
    return place / "bin"


@pytest.fixture(scope="module", params=["python -m build", "uv build"])
def built(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The folder with the two files of one build tool."""
    folder = tmp_path_factory.mktemp("built")
    if request.param == "uv build":
        run_uv("build", "--quiet", "--out-dir", str(folder), str(ROOT))
    else:
        programs = new_environment(tmp_path_factory.mktemp("build") / "env")
        run(str(programs / "pip"), "install", "--quiet", "build")
        run(str(programs / "python"), "-m", "build", "--outdir", str(folder), str(ROOT))
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["*.tar.gz", "*.whl"], ids=["sdist", "wheel"])
def test_a_newcomer_is_answered(built: Path, kind: str, tmp_path: Path) -> None:
    [file] = built.glob(kind)
    programs = new_environment(tmp_path / "env")
    run(str(programs / "pip"), "install", "--quiet", f"{file}[server]")

    play(programs, tmp_path)
