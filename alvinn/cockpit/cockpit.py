"""The cockpit: an observer of the drive that shows it, and whom driver, gate and clock ask what the person wants.

Once a tick the paced world calls `attend`, which looks what hands and keys did; then the driver asks for `hands`, the
gate whether the person `has_wheel`; last the loop shows the tick to `see`, which draws it. Nothing here knows pygame.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from alvinn.cockpit.panel import Alarm, LaneState, Page, Panel
from alvinn.cockpit.wiring import Screen, Wiring
from alvinn.controls.devices import Device, ManualInput, WheelDevice
from alvinn.controls.inputs import Inputs
from alvinn.controls.keys import DISCARD_SECONDS, Command, find_commands, help_lines
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.protocols import Verdict
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Step

NOTE_TICKS = 80  # how long a message stays: 4 s
TRACE_TICKS = 400  # how much of the offset is drawn: 20 s
HUMAN = "you"


class Cockpit:
    """One person's place.

    Args:
        screen: to show on, and where hands are.
        device: to steer with.
        wiring: what the keys act on.
        vehicle: turns curvature into steer.
        wait: whether the drive begins when the person says so.
    """

    def __init__(
        self, screen: Screen, device: Device, wiring: Wiring, vehicle: VehicleGeometry, *, wait: bool = True
    ) -> None:
        self._screen, self._device, self._wiring, self._vehicle = screen, device, wiring, vehicle
        self._inputs = Inputs()
        self._paused, self._waiting = wait, wait
        self._taken = True
        self._machine: SharedDriver | None = None
        self._touching = True  # a hand that is on the wheel already does not take it
        self._own_pedals = self._help = self._quit = self._reset = self._unplugged = False
        self._weather = wiring.weather
        self._notes: deque[tuple[int, str]] = deque(maxlen=3)
        self._tick = 0
        self._trace: deque[float] = deque(maxlen=TRACE_TICKS)
        self._shown: Panel | None = None
        self._steer = 0.0
        self._late = self._lost = 0
        self._began: float | None = None
        self._acts: dict[Command, Callable[[], None]] = {
            Command.TAKE: self._take_or_give,
            Command.RECORD: self._record,
            Command.DISCARD: self._discard,
            Command.TAKE_BACK: self._take_back,
            Command.RESET: self._ask_reset,
            Command.WEATHER: self._next_weather,
            Command.HOLD: self._hold,
            Command.PAUSE: self._pause,
            Command.HELP: self._toggle_help,
            Command.QUIT: self._leave,
        }

    def share_with(self, driver: SharedDriver) -> None:
        """A machine drives until the person takes the wheel; without this the person drives alone."""
        self._machine, self._taken = driver, False

    # what the paced world asks

    def attend(self, late: int, lost: int) -> bool:
        """Look after the window; called once a tick, and again and again in a pause. Whether to drive on."""
        self._tick += 1
        if lost > self._lost:
            self.note("a picture did not come: braking")
        self._late, self._lost = late, lost
        self._inputs = self._screen.poll()
        self._quit = self._quit or self._inputs.closed
        for command in (*find_commands(self._inputs.pressed), *self._buttons()):
            act = self._acts.get(command)
            if act is not None:
                act()
        if not self._paused or self._quit:
            return True
        self._show_pause()
        return False

    def _buttons(self) -> list[Command]:
        """What the buttons of the person's own wheel ask for."""
        if not isinstance(self._device, WheelDevice):
            return []
        stick = self._inputs.sticks.get(self._device.guid)
        pressed = stick.pressed if stick is not None else ()
        wanted = {"take": Command.TAKE, "record": Command.RECORD}
        return [wanted[name] for name, button in self._device.profile.buttons.items() if button in pressed]

    def _show_pause(self) -> None:
        if self._shown is None:
            foot = (self._standing(), "Enter: go    Escape: leave")
            self._screen.show(Page(f"{self._wiring.title}: ready?", help_lines(), foot=foot))
        else:
            alarm = None if self._help else Alarm("paused: P goes on")
            self._screen.show(replace(self._shown, alarm=alarm, help=self._helping(), notes=self._messages()))

    def _standing(self) -> str:
        """Whether the device is there."""
        there = self._device.read(self._inputs, 0.0) is not None
        return f"steering with {self._device.name}" if there else f"plug in {self._device.name}"

    # what driver and gate ask

    def read_input(self, speed: float) -> ManualInput | None:
        """What the person's hands want at a speed [m/s]; None while their device is unplugged. Asked once a tick."""
        held = self._device.read(self._inputs, speed)
        self._watch_plug(there=held is not None)
        touching = held is not None and held.is_touched
        if touching and not self._touching and not self._taken:
            self._take()
        self._touching = touching
        return held

    def _watch_plug(self, *, there: bool) -> None:
        if there == self._unplugged:
            self._unplugged = not there
            self.note(f"{self._device.name} is {'back' if there else 'unplugged'}")
        if self._wiring.recorder is not None:
            self._wiring.recorder.obstacle = "" if there else "unplugged"

    @property
    def has_left(self) -> bool:
        """Whether the person ended the drive."""
        return self._quit

    def has_wheel(self) -> bool:
        """Whether the person has the wheel."""
        return self._taken

    def has_pedals(self) -> bool:
        """Whether throttle and brake are theirs."""
        return self._own_pedals

    # what the loop shows

    def see(self, step: Step) -> Verdict:
        """Draw the tick."""
        self._steer = step.control.steer
        self._trace.append(step.truth.offset)
        if self._began is None:
            self._began = step.observation.time
        self._shown = self._panel(step)
        self._screen.show(self._shown)
        if self._quit:
            return Verdict.STOP
        verdict = Verdict.RECOVER if self._reset else Verdict.CONTINUE
        self._reset = False
        return verdict

    def on_recovery(self) -> None:
        """The car is back on its lane, its wheels straight."""
        self._device.begin(0.0)
        self._trace.clear()
        self.note("back on the lane")

    def _panel(self, step: Step) -> Panel:
        seen, truth, wiring = step.observation, step.truth, self._wiring
        advice = wiring.advice(seen) if wiring.advice is not None else None
        other = self._vehicle.steer(advice.curvature, seen.speed) if advice is not None and self._taken else None
        return Panel(
            image=seen.image,
            title=f"{wiring.title}, {self._weather}",
            who=HUMAN if self._taken else step.decision.who,
            device=self._device.name,
            speed=seen.speed,
            held=not self._own_pedals,
            steer=step.control.steer,
            other_steer=other,
            lane=LaneState(truth.offset, truth.lane_width, tuple(self._trace)),
            recording=wiring.recorder.state() if wiring.recorder is not None else None,
            time=seen.time - (self._began or 0.0),
            late=self._late,
            doubt=advice.doubt if advice is not None else None,
            notes=self._messages(),
            alarm=self._alarm(),
            help=self._helping(),
        )

    def _alarm(self) -> Alarm | None:
        shared = self._machine.wheel if self._machine is not None else None
        if shared is not None and shared.braking:
            return Alarm("nobody took the wheel: braking")
        if shared is not None and shared.alarm:
            return Alarm(f"please take the wheel ({shared.alarm})", shared.seconds_left)
        return Alarm(f"{self._device.name} is unplugged: braking") if self._unplugged and self._taken else None

    def _helping(self) -> tuple[tuple[str, str], ...]:
        return help_lines() if self._help else ()

    def note(self, words: str) -> None:
        """Show a message for some seconds."""
        self._notes.append((self._tick, words))

    def _messages(self) -> tuple[str, ...]:
        return tuple(words for when, words in self._notes if self._tick - when < NOTE_TICKS)

    # what the keys do

    def _take_or_give(self) -> None:
        if self._paused:
            self._pause()
        elif self._machine is None:
            self.note("nobody is there to give the wheel to")
        elif self._taken:
            self._taken = False
            self._device.let_go()
            self.note("the wheel is given back")
        else:
            self._take()

    def _take(self) -> None:
        self._taken = True
        self._device.begin(self._steer)
        self.note("you have the wheel")

    def _record(self) -> None:
        if self._wiring.recorder is None:
            self.note("this is practice: nothing is recorded")
        else:
            self._wiring.recorder.toggle()

    def _discard(self) -> None:
        if self._wiring.recorder is not None:
            self.note(self._wiring.recorder.discard(DISCARD_SECONDS))

    def _take_back(self) -> None:
        if self._wiring.recorder is not None:
            self.note(self._wiring.recorder.take_back())

    def _ask_reset(self) -> None:
        self._reset = not self._paused

    def _next_weather(self) -> None:
        if self._wiring.next_weather is not None and not self._waiting:
            self._weather = self._wiring.next_weather()
            self._cut()
            self.note(self._weather)

    def _hold(self) -> None:
        self._own_pedals = not self._own_pedals
        self.note("throttle and brake are yours" if self._own_pedals else "the speed is held")

    def _pause(self) -> None:
        self._paused, self._waiting = not self._paused, False
        self._cut()

    def _cut(self) -> None:
        if self._wiring.recorder is not None:
            self._wiring.recorder.cut()

    def _toggle_help(self) -> None:
        self._help = not self._help

    def _leave(self) -> None:
        """Escape closes the help first."""
        self._quit = self._quit or not self._help
        self._help = False
