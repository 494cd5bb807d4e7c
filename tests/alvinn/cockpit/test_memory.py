from __future__ import annotations

import pytest

from alvinn.cockpit.memory import NOTE_TICKS, STRANDED_TICKS, Notes, RealTimeFactor, Stranding
from tests.alvinn.fakes import step, truth


def test_a_message_is_shown_for_four_seconds_and_of_many_the_last_three() -> None:
    notes = Notes()
    for words in "abcd":
        notes.add(words)
        notes.count_tick()
    assert notes.read() == ("b", "c", "d")
    for _ in range(NOTE_TICKS - 2):
        notes.count_tick()
    assert notes.read() == ("d",)
    notes.count_tick()
    assert notes.read() == ()


def test_the_real_time_factor_is_known_after_a_second_and_forgotten_by_a_pause() -> None:
    factor = RealTimeFactor()
    for tick in range(19):
        factor.add(real=0.1 * tick, simulated=0.05 * tick)
        assert factor.measure() is None
    factor.add(real=1.9, simulated=0.95)
    assert factor.measure() == pytest.approx(0.5)
    factor.clear()
    assert factor.measure() is None


@pytest.mark.parametrize(("person", "speed", "stranded"), [(True, 0.0, True), (True, 5.0, False), (False, 5.0, True)])
def test_a_person_is_stranded_once_they_stand_and_a_network_anyhow(person: bool, speed: float, stranded: bool) -> None:
    stranding = Stranding()
    off = step(0, truth(offset=4.0), speed=speed)
    found = [stranding.see(off, person=person) for _ in range(STRANDED_TICKS + 5)]
    assert sum(found) == (1 if stranded else 0), "said once"
    assert stranding.lasts is stranded
    stranding.end()
    assert not stranding.lasts
