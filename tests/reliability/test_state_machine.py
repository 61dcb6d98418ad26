"""Whatever is done in whatever order: one end, told once, and an audit log that says the same."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.reliability.rig import Rig, endings

OPTIONS = ("Approve", "Reject", "Later")


@dataclass
class Told:
    """What we were told of one pause, and what must be true of it from then on."""

    pause_id: str
    expires_at: int
    default: str | None
    end: str | None = None
    choice: str | None = None
    ended_at: int | None = None
    refused: list[int] = field(default_factory=list)


class PauseMachine(RuleBasedStateMachine):
    pauses = Bundle("pauses")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.rig = Rig(Path(self._folder.name))
        self.told: dict[str, Told] = {}
        self.keys: dict[str, str] = {}

    def teardown(self) -> None:
        self.check_deliveries()
        self.rig.close()
        self._folder.cleanup()

    # ── What may happen ──

    @rule(
        target=pauses,
        seconds=st.integers(1, 7200),
        default=st.sampled_from([None, *OPTIONS]),
        key=st.sampled_from([None, None, "one", "two"]),
    )
    def create(self, seconds: int, default: str | None, key: str | None) -> str:
        asked = {
            "recipient": "+15550100199",
            "channel": "sms",
            "message": "Wire it?",
            "options": list(OPTIONS),
            "timeout_hours": seconds / 3600,
            "timeout_default": default,
        }
        answer = self.rig.post("/v1/pause", idempotency_key=key, **asked)
        if answer.status_code == 422:
            assert key in self.keys, answer.text
            return self.keys[key]
        pause = answer.json()
        assert answer.status_code in (200, 201), answer.text
        assert (answer.status_code == 200) == (key is not None and key in self.keys)
        pause_id: str = pause["pause_id"]
        if answer.status_code == 200:
            assert pause_id == self.keys[key or ""]
            return pause_id
        if key:
            self.keys[key] = pause_id
        # The API tells whole milliseconds; so does the clock.
        expires_at = self.rig.clock.now() + int(seconds / 3600 * 3_600_000_000 // 1000)
        self.told[pause_id] = Told(pause_id, expires_at, default)
        return pause_id

    @rule(pause_id=pauses, choice=st.sampled_from([*OPTIONS, "Maybe"]))
    def press(self, pause_id: str, choice: str) -> None:
        told, now = self.told[pause_id], self.rig.clock.now()
        answer = self.rig.press(pause_id, choice)
        if told.end is None and now < told.expires_at - 1 and choice in OPTIONS:
            assert answer.status_code == 200, answer.text
            self._ended(told, "responded", choice)
        elif told.end is None and now >= told.expires_at:
            assert answer.json()["error"] == "TOKEN_EXPIRED"
            self._ended(told, "timed_out", told.default)
        elif answer.status_code == 200:
            assert choice in OPTIONS
            self._ended(told, "responded", choice)

    @rule(pause_id=pauses)
    def cancel(self, pause_id: str) -> None:
        told, now = self.told[pause_id], self.rig.clock.now()
        answer = self.rig.delete(f"/v1/pause/{pause_id}")
        if answer.status_code == 200:
            assert told.end is None
            assert now < told.expires_at
            self._ended(told, "cancelled", None)
        elif told.end is None:
            assert answer.json()["error"] == "ALREADY_TIMED_OUT"
            assert now >= told.expires_at - 1
            self._ended(told, "timed_out", told.default)

    @rule(seconds=st.one_of(st.floats(0, 5), st.floats(0, 7200)))
    def pass_time(self, seconds: float) -> None:
        self.rig.pass_time(seconds)

    @rule()
    def sweep(self) -> None:
        self.rig.sweep()
        for told in self.told.values():
            if told.end is None and self.rig.clock.now() >= told.expires_at + 1:
                self._ended(told, "timed_out", told.default)

    @rule(
        how_many=st.integers(1, 10),
        outcomes=st.lists(st.sampled_from(["sent", "later", "refused"]), max_size=5),
        refusals=st.integers(0, 3),
    )
    def carry(self, how_many: int, outcomes: list[str], refusals: int) -> None:
        self.rig.vendor.outcomes = outcomes
        self.rig.receiver.refusals = refusals
        self.rig.carry(how_many)

    @rule()
    def restart(self) -> None:
        self.rig.restart()

    # ── What must hold ──

    @invariant()
    def the_pauses_are_as_we_were_told(self) -> None:
        for told in self.told.values():
            pause = self.rig.get(f"/v1/pause/{told.pause_id}")
            if told.end is None:
                # A look may find it overdue and end it; nothing else may.
                if pause["status"] == "timed_out":
                    assert self.rig.clock.now() >= told.expires_at - 1
                    self._ended(told, "timed_out", told.default)
                else:
                    assert pause["status"] == "pending"
                    continue
            assert (pause["status"], pause["response_choice"]) == (told.end, told.choice)
            by = {"responded": "human", "timed_out": "timeout", "cancelled": "developer"}
            assert pause["resolved_by"] == by[pause["status"]]

    @invariant()
    def the_audit_log_says_the_same(self) -> None:
        for told in self.told.values():
            events = self.rig.audit(told.pause_id)
            assert events[0] == "pause.created"
            assert endings(events) == ([f"pause.{told.end}"] if told.end else [])

    @invariant()
    def nobody_is_asked_after_the_end(self) -> None:
        for pause_id, at in self.rig.vendor.asked:
            ended_at = self.told[pause_id].ended_at
            assert ended_at is None or at <= ended_at

    def check_deliveries(self) -> None:
        """In the end everybody was told, each by one id, and whoever waits was asked."""
        asked = {pause_id for pause_id, _ in self.rig.vendor.asked}
        self.rig.until_quiet()
        for told in self.told.values():
            if told.end is None:
                self.rig.get(f"/v1/pause/{told.pause_id}")
        self.the_audit_log_says_the_same_or_timed_out(asked)

    def the_audit_log_says_the_same_or_timed_out(self, asked: set[str]) -> None:
        for pause_id in self.told:
            ended = endings(self.rig.audit(pause_id))
            ids = self.rig.receiver.taken.get(pause_id, {})
            assert len(ids) == len(ended) <= 1
            reached = {each for each, _ in self.rig.vendor.asked}
            assert ended or pause_id in reached | asked

    def _ended(self, told: Told, end: str, choice: str | None) -> None:
        assert told.end is None or (told.end, told.choice) == (end, choice)
        if told.end is None:
            told.end, told.choice, told.ended_at = end, choice, self.rig.clock.now()


TestPauseMachine = PauseMachine.TestCase
TestPauseMachine.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
