from __future__ import annotations

from alvinn.cockpit.alarms import choose_alarm
from alvinn.cockpit.display.panel import Alarm
from alvinn.drivers.shared import Wheel

ASKED = Wheel(alarm="drift", seconds_left=2.0)


def test_the_most_urgent_request_is_shown() -> None:
    brakes = choose_alarm(Wheel(alarm="drift", braking=True), stranded=True, unplugged="G29")
    assert brakes == Alarm("CAR BRAKES: Space takes the wheel")
    assert choose_alarm(ASKED, stranded=True, unplugged="G29") == Alarm("Space: take the wheel (drift)", 2.0)
    assert choose_alarm(None, stranded=True, unplugged="G29") == Alarm("L: back on the lane")
    assert choose_alarm(None, stranded=False, unplugged="G29") == Alarm("G29 is unplugged: braking")


def test_without_a_reason_nothing_is_asked() -> None:
    assert choose_alarm(Wheel(who="network"), stranded=False, unplugged="") is None
