"""PausePoint's MCP server: `python /absolute/path/to/mcp_server/server.py`, speaks MCP on stdio.

Needs Python 3.9 or newer and nothing else. Settings, from the environment: `PAUSEPOINT_API_KEY`,
`PAUSEPOINT_BASE_URL`, `PAUSEPOINT_MAX_WAIT_SECONDS`; README.md beside this file explains them.

The work is done in `stdio.py`, since Python keeps no bytecode of the file that it is started with.
"""

from __future__ import annotations

import os
import sys

if not __package__:
    # Run by its path: the folder becomes a package under a name that nothing else has, so the
    # import below finds these files regardless of sys.path and installed packages.
    __package__ = "pausepoint_mcp"
    _package = type(sys)(__package__)
    _package.__path__ = [os.path.dirname(os.path.abspath(__file__))]
    sys.modules[__package__] = _package

from .stdio import main

if __name__ == "__main__":
    main()
