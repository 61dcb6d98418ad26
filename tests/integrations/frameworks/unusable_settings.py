"""Runs an example under proxies and certificates that cannot be used: `unusable_settings.py EXAMPLE [WORD…]`.

Prints one JSON object: for each variable and value the error that ended the example, and its output.
"""

from __future__ import annotations

import io
import json
import os
import runpy
import sys
import tempfile
from contextlib import chdir, redirect_stdout, suppress
from pathlib import Path

GARBAGE = Path("garbage.pem").absolute()
SETTINGS = (
    ("ALL_PROXY", "socks4://user:hunter2@127.0.0.1:1"),
    ("HTTPS_PROXY", "http://user:hunter2@127.0.0.1:port"),
    ("SSL_CERT_FILE", str(GARBAGE.with_name("missing.pem"))),
    ("SSL_CERT_FILE", str(GARBAGE)),
    ("SSL_CERT_DIR", str(GARBAGE.with_name("missing"))),
)


def ended(example: str, name: str, value: str) -> dict[str, str]:
    """The example's error and output, in a folder of its own."""
    os.environ[name] = value  # noqa: TID251 - as a shell would set it
    output, error = io.StringIO(), ""
    try:
        with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(output):
            runpy.run_path(example, run_name="__main__")
    except Exception as raised:
        error = str(raised)
    finally:
        del os.environ[name]  # noqa: TID251
    return {"name": name, "error": error, "output": output.getvalue()}


example, *sys.argv[1:] = sys.argv[1:]
GARBAGE.write_text("no certificate", "utf-8")
runpy.run_path(example)  # imports the framework while everything can be used
with suppress(ImportError):
    from agents import set_tracing_disabled

    set_tracing_disabled(True)  # opens an HTTP client of its own first
print(json.dumps([ended(example, name, value) for name, value in SETTINGS]))
