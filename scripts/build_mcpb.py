"""Writes the MCP server as a bundle for one-click installation: `.venv/bin/python -m scripts.build_mcpb`.

The same sources give the same bytes: names in order, one date, one mode, nothing compressed.
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
SERVER: Final = ROOT / "mcp_server"
BUNDLE: Final = ROOT / "build" / "pausepoint.mcpb"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644


def contents() -> dict[str, Path]:
    """The bundle's files by name: the manifest, the program, how to use it, the licence."""
    own = [SERVER / "manifest.json", SERVER / "README.md", *SERVER.glob("*.py")]
    return {path.name: path for path in sorted([*own, ROOT / "LICENSE"], key=lambda p: p.name)}


def build(bundle: Path) -> None:
    bundle.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_STORED) as archive:
        for name, path in contents().items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = _MODE << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m scripts.build_mcpb", description=__doc__)
    parser.add_argument("--output", type=Path, default=BUNDLE)
    output = parser.parse_args().output
    build(output)
    print(f"wrote {output} ({output.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
