"""Which request to the person stands across the picture: the most urgent one."""

from __future__ import annotations

from alvinn.cockpit.display.panel import Alarm
from alvinn.drivers.shared import Wheel


def choose_alarm(wheel: Wheel | None, *, stranded: bool, unplugged: str) -> Alarm | None:
    """The alarm to show now; None if nothing is asked of the person.

    Args:
        wheel: the state of a wheel that is shared with a network; None where the person drives alone.
        stranded: whether the car is off the road and does not come back by itself.
        unplugged: name of the device that steers and is unplugged; empty if none is.
    """
    if wheel is not None and wheel.braking:
        return Alarm("CAR BRAKES: Space takes the wheel")
    if wheel is not None and wheel.alarm:
        return Alarm(f"Space: take the wheel ({wheel.alarm})", wheel.seconds_left)
    if stranded:
        return Alarm("L: back on the lane")
    return Alarm(f"{unplugged} is unplugged: braking") if unplugged else None
