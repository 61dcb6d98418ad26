"""For tests of programs that ask: a server in this process, a person who answers, and its clock.

    from pausepoint.testing import running

    with running() as pausepoint:
        pausepoint.person.answers("Approve")
        answer = pausepoint.client.ask("+15550100199", "Wire it?", ["Approve", "Reject"])

With pytest the same is the fixture `pausepoint`. It needs `pausepoint[server]`; where that is
missing, importing this raises ImportError, which says so.
"""

from pausepoint.server_extra import complaint

if _missing := complaint("pausepoint.testing"):
    raise ImportError(_missing)

from pausepoint.testing.clock import FakeClock
from pausepoint.testing.person import Person
from pausepoint.testing.questions import AskedQuestion
from pausepoint.testing.server import LocalClock, LocalPausePoint, running

__all__ = ["AskedQuestion", "FakeClock", "LocalClock", "LocalPausePoint", "Person", "running"]
