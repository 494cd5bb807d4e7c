"""The cockpit: an observer that draws the drive and passes the person's commands to clock, driver and gate.

In every tick the paced world calls `attend`, which reads keys and devices; then the driver calls `read_input` and the
gate `has_wheel`; at the end the loop calls `see`, which draws the panel. Nothing here imports pygame.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from alvinn.cockpit.alarms import choose_alarm
from alvinn.cockpit.display.panel import Alarm, LaneState, Page, Panel
from alvinn.cockpit.memory import Notes, RealTimeFactor, Stranding
from alvinn.cockpit.side_view import SideView
from alvinn.cockpit.wiring import Screen, Wiring
from alvinn.controls.devices import Device, ManualInput, find_button_commands
from alvinn.controls.inputs import Inputs
from alvinn.controls.keys import DISCARD_SECONDS, Command, find_commands, help_lines
from alvinn.drivers.shared import SharedDriver
from alvinn.driving.protocols import Verdict
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Step

TRACE_TICKS = 400  # of the offset trace: 20 s


class Cockpit:
    """One person's seat: display and controls.

    Args:
        screen: displays the panel and reports keys, mouse and devices.
        device: the person's steering device.
        wiring: what the commands act on.
        vehicle: converts curvature to steer.
        wait: begin paused, until the person presses Enter.
        step: with `wait`, Enter drives the first tick only, and every further one has its key press.
        clock: returns the real time [s].
    """

    def __init__(
        self,
        screen: Screen,
        device: Device,
        wiring: Wiring,
        vehicle: VehicleGeometry,
        *,
        wait: bool = True,
        step: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen, self._device, self._wiring, self._vehicle = screen, device, wiring, vehicle
        self._inputs = Inputs()
        self._paused, self._waiting = wait, wait
        self._taken = True
        self._machine: SharedDriver | None = None
        self._touching = True  # so a hand already on the wheel does not take over
        self._own_pedals = self._help = self._quit = self._unplugged = False
        self._reset = self._answers = False  # the person asked for the reset: the gate's alarm is answered
        self._weather = wiring.weather
        self._notes, self._real_time_factor, self._stranding = Notes(), RealTimeFactor(), Stranding()
        self._trace: deque[float] = deque(maxlen=TRACE_TICKS)
        self._shown: Panel | None = None
        self._stepwise = step
        self._side = SideView(wiring.view)
        self._steer, self._late, self._lost, self._put_back = 0.0, 0, 0, 0
        self._steps = 0  # ticks to drive in spite of the pause
        self._clock = clock
        self._began: float | None = None
        self._acts: dict[Command, Callable[[], None]] = {
            Command.TAKE: self._take_or_hand_back,
            Command.RECORD: self._record,
            Command.DISCARD: self._discard,
            Command.TAKE_BACK: self._take_back,
            Command.RESET: self._ask_reset,
            Command.WEATHER: self._next_weather,
            Command.HOLD: self._hold,
            Command.PAUSE: self._pause,
            Command.STEP: self._step,
            Command.PANEL: self._side.toggle,
            Command.HELP: self._toggle_help,
            Command.QUIT: self._leave,
        }

    def share_with(self, driver: SharedDriver, *, taken: bool = False) -> None:
        """Share the wheel with a machine; without this call the person drives alone.

        Args:
            driver: shares it.
            taken: whether the person has the wheel at first.
        """
        self._machine, self._taken = driver, taken

    # called by the paced world

    def attend(self, late: int, lost: int) -> bool:
        """Read the inputs and carry out their commands; called once a tick, and repeatedly during a pause.

        Returns whether the simulation runs; False pauses it.
        """
        self._notes.count_tick()
        if lost > self._lost:
            self.note("an image did not arrive: braking")
        self._late, self._lost = late, lost
        self._inputs = self._screen.poll()
        self._quit = self._quit or self._inputs.closed
        for command in (*find_commands(self._inputs.pressed), *find_button_commands(self._device, self._inputs)):
            act = self._acts.get(command)
            if act is not None:
                act()
        self._side.handle(self._inputs.pressed)
        if self._steps:
            self._steps -= 1
            return True
        if not (self._paused or self._help) or self._quit:
            return True
        self._real_time_factor.clear()
        self._show_pause()
        return False

    def _show_pause(self) -> None:
        if self._shown is None:
            foot = (self._device_status(), "Enter: start    Escape: cancel")
            self._screen.show(Page(f"{self._wiring.title}: ready?", help_lines(), foot=foot))
        else:
            alarm = None if self._help else Alarm("paused: P resumes, . drives one tick")
            self._screen.show(replace(self._shown, alarm=alarm, help=self._help_lines(), notes=self._notes.read()))

    def _device_status(self) -> str:
        plugged_in = self._device.read(self._inputs, 0.0) is not None
        return f"steering with {self._device.name}" if plugged_in else f"plug in {self._device.name}"

    # called by driver and gate

    def read_input(self, speed: float) -> ManualInput | None:
        """The person's input at a speed [m/s]; None while their device is unplugged. Called once a tick."""
        held = self._device.read(self._inputs, speed)
        self._note_plugging(plugged_in=held is not None)
        touching = held is not None and held.is_touched
        if touching and not self._touching and not self._taken:
            self._take()
        self._touching = touching
        return held

    def _note_plugging(self, *, plugged_in: bool) -> None:
        if plugged_in == self._unplugged:
            self._unplugged = not plugged_in
            self.note(f"{self._device.name} is {'back' if plugged_in else 'unplugged'}")
        if self._wiring.recorder is not None:
            obstacle = "the drive ends" if self._quit else "unplugged"  # the last tick is nobody's
            self._wiring.recorder.obstacle = obstacle if self._quit or not plugged_in else ""

    @property
    def has_left(self) -> bool:
        """Whether the person ended the drive."""
        return self._quit

    def has_wheel(self) -> bool:
        """Whether the person has the wheel."""
        return self._taken

    def has_pedals(self) -> bool:
        """Whether the person has throttle and brake: cruise control is off."""
        return self._own_pedals

    # called by the loop

    def see(self, step: Step) -> Verdict:
        """Draw the tick; pass on the person's wish to end the drive or to reset the car."""
        self._steer = step.control.steer
        self._trace.append(step.truth.offset)
        self._real_time_factor.add(self._clock(), step.observation.time)
        if self._stranding.see(step, person=self._taken) and not self._taken:
            self._reset, self._put_back = True, self._put_back + 1
        if self._began is None:
            self._began = step.observation.time
        self._shown = self._panel(step)
        self._screen.show(self._shown)
        if self._quit:
            return Verdict.STOP
        verdict = Verdict.RECOVER if self._reset else Verdict.CONTINUE
        if self._answers and self._machine is not None:
            self._machine.dismiss_alarm()
        self._reset = self._answers = False
        return verdict

    def on_recovery(self) -> None:
        """Centre the steering device: the car is back on its lane, with its wheels straight."""
        self._device.begin(0.0)
        self._trace.clear()
        self._stranding.end()
        self.note(f"back on the lane, {self._put_back} times by itself" if self._put_back else "back on the lane")

    def _panel(self, step: Step) -> Panel:
        seen, truth, wiring = step.observation, step.truth, self._wiring
        advice = wiring.advice(seen) if wiring.advice is not None else None
        other = self._vehicle.steer(advice.curvature, seen.speed) if advice is not None and self._taken else None
        sharp = wiring.picture(seen.frame) if wiring.picture is not None else None
        return Panel(
            image=seen.image if sharp is None else sharp,
            title=f"{wiring.title}, {self._weather}",
            who=wiring.teacher if self._taken else step.decision.who,
            device=self._device.name,
            speed=seen.speed,
            cruising=not self._own_pedals,
            steer=step.control.steer,
            other_steer=other,
            lane=LaneState(truth.offset, truth.lane_width, tuple(self._trace)),
            recording=wiring.recorder.state() if wiring.recorder is not None else None,
            time=seen.time - (self._began or 0.0),
            late=self._late,
            real_time_factor=self._real_time_factor.measure(),
            doubt=advice.doubt if advice is not None else None,
            side=self._side.draw(step, step.decision.curvature if self._taken else None),
            lesson=wiring.lesson() if wiring.lesson is not None else None,
            notes=self._notes.read(),
            alarm=choose_alarm(
                self._machine.wheel if self._machine is not None else None,
                stranded=self._stranding.lasts,
                unplugged=self._device.name if self._unplugged and self._taken else "",
            ),
            help=self._help_lines(),
        )

    def _help_lines(self) -> tuple[tuple[str, str], ...]:
        return help_lines() if self._help else ()

    def note(self, words: str) -> None:
        """Show a message for four seconds."""
        self._notes.add(words)

    # commands of keys and buttons

    def _take_or_hand_back(self) -> None:
        if self._paused:
            self._pause()
        elif self._machine is None:
            self.note("no network to hand the wheel to: you drive alone")
        elif self._taken:
            self._taken = False
            self._stranding.end()  # where a person left the car is not the network's doing: it has its time, too
            self._device.let_go()
            self.note("you handed the wheel back")
        else:
            self._take()

    def _take(self) -> None:
        self._taken = True
        self._device.begin(self._steer)
        self.note("you have the wheel")

    def _record(self) -> None:
        if self._wiring.recorder is None:
            self.note("this is practice: there is no recording")
        else:
            self._wiring.recorder.toggle()

    def _discard(self) -> None:
        if self._wiring.recorder is not None:
            self.note(self._wiring.recorder.discard(DISCARD_SECONDS))

    def _take_back(self) -> None:
        if self._wiring.recorder is not None:
            self.note(self._wiring.recorder.take_back())

    def _ask_reset(self) -> None:
        self._reset = self._answers = not self._paused

    def _next_weather(self) -> None:
        if self._wiring.next_weather is not None and not self._waiting:
            self._weather = self._wiring.next_weather()
            self._cut()
            self.note(self._weather)

    def _hold(self) -> None:
        self._own_pedals = not self._own_pedals
        self.note("cruise control off: throttle and brake are yours" if self._own_pedals else "cruise control on")

    def _pause(self) -> None:
        if self._waiting and self._stepwise:
            self._step()
            return
        self._paused, self._waiting = not self._paused, False
        self._cut()

    def _step(self) -> None:
        self._steps += self._paused
        self._waiting = False

    def _cut(self) -> None:
        if self._wiring.recorder is not None:
            self._wiring.recorder.cut()

    def _toggle_help(self) -> None:
        self._help = not self._help
        self._cut()

    def _leave(self) -> None:
        self._quit, self._help = self._quit or not self._help, False  # Escape closes the help first
