"""A newcomer at the keyboard, from the first key to a network that learned from them; real keys on a real screen."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from alvinn.cli import main
from alvinn.cockpit.display.panel import Panel
from alvinn.networks.inference import read_card
from alvinn.recording import Recording
from tests.alvinn.cockpit.desktop import desktop
from tests.alvinn.cockpit.person import Person

SECONDS = 60.0  # simulated, at the wheel
AHEAD = 1.4  # s that a person sees the drift of the car in advance
LOST = 1.6  # m: where they ask for the car to be put back
SLACK = 0.05  # m that they do not mind


class Keys:
    """A person's two fingers: they press towards the middle when they see the car leaving it."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._held = ""

    def steer(self, panel: Panel) -> None:
        """Look, and press or release."""
        assert panel.lane is not None
        if abs(panel.lane.offset) > LOST:
            self._person.screen.press("l")
        trace = panel.lane.trace
        drift = (trace[-1] - trace[-5]) / 0.2 if len(trace) > 5 else 0.0
        soon = panel.lane.offset + AHEAD * drift
        wanted = "Left" if soon > SLACK else "Right" if soon < -SLACK else ""
        if wanted != self._held:
            self.let_go()
            if wanted:
                self._person.screen.do("keydown", wanted)
            self._held = wanted

    def let_go(self) -> None:
        """No finger on a key."""
        if self._held:
            self._person.screen.do("keyup", self._held)
        self._held = ""


@pytest.mark.long
def test_a_newcomer_drives_by_the_keys_and_a_network_learns_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with desktop() as screen:
        person = Person(screen)
        keys = Keys(person)

        def script() -> None:
            person.reads("ready?")
            screen.press("Return")
            person.drives(0.1)
            try:
                while person.at_work and (person.panels[-1].time or 0.0) < SECONDS - 0.1:
                    keys.steer(person.panels[-1])
                    time.sleep(0.02)
            finally:
                keys.let_go()
            person.waits_for_the_end()

        with person.acting(script):
            record = ("record", "mine", "--driver", "human", "--speed", "6", "--seconds", f"{SECONDS:g}")
            assert main([*record, "--home", str(tmp_path)]) == 0
    recording = Recording(tmp_path / "data" / "mine")
    quality = recording.session.quality or {}
    assert len(recording.rows) > 0.8 * 20 * SECONDS, "nothing was lost but what was off the road"
    assert quality["missing"] == quality["duplicates"] == 0
    assert quality["steering_values"] > 100, "keys, and yet graded labels"
    assert max(abs(row.offset) for row in recording.rows[100:]) < 2.05, "half of country's widest lane"
    assert main(["train", "mine", "--data", "mine", "--epochs", "10", "--home", str(tmp_path)]) == 0
    assert read_card(tmp_path / "models" / "mine").recordings[0]["rows"] == len(recording.rows)
    assert (tmp_path / "models" / "mine" / "network.tflite").exists()
