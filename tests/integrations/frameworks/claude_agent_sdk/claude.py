#!/usr/bin/env python3
"""Stands for Claude Code's program: wants one tool call allowed, and repeats what it was told.

The prompt is the call's `tool_use_id`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

INPUT = {"command": "rm -r build", "timeout": 1000}


def say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def take(message: dict[str, Any]) -> None:
    if message["type"] == "control_request":
        answer = {"subtype": "success", "request_id": message["request_id"], "response": {}}
        say({"type": "control_response", "response": answer})
    elif message["type"] == "user":
        wanted = {
            "subtype": "can_use_tool",
            "tool_name": "Bash",
            "input": INPUT,
            "tool_use_id": message["message"]["content"],
            "permission_suggestions": [],
        }
        say({"type": "control_request", "request_id": "1", "request": wanted})
    elif message["type"] == "control_response":
        told = json.dumps(message["response"].get("response", message["response"]))
        end = {"duration_ms": 1, "duration_api_ms": 1, "is_error": False, "num_turns": 1}
        say({"type": "result", "subtype": "success", "session_id": "s", "result": told, **end})


if "-v" in sys.argv or "--version" in sys.argv:
    print("99.0.0 (Claude Code)")
else:
    for line in sys.stdin:
        take(json.loads(line))
