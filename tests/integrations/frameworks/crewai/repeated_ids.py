"""A flow that is started again under the same id: `repeated_ids.py TURNS`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[4] / "examples"))

import with_crewai as example

for _ in range(int(sys.argv[1])):
    example.Review(suppress_flow_events=True).kickoff(inputs={"id": "draft-7"})
print("Done.")
