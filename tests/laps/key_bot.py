"""A bot at the real window's keyboard: it looks at the road as the cockpit draws it, and presses real keys, late.

`at_the_keys` lets it drive whatever job is run meanwhile. It confirms each drive, steers, puts the car back where it is
lost, and beside a network it takes the wheel where it worries and hands it back where all is well.
"""

from __future__ import annotations

import math
import queue
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.display.panel import Page, Panel
from alvinn.cockpit.display.window import Window
from alvinn.controls.devices import Keyboard
from alvinn.driving.departure import departure_margin
from alvinn.driving.lane import Lane
from alvinn.driving.protocols import Verdict
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Decision, GroundTruth, Observation, Step
from alvinn.world.carla_world import CarlaWorld
from tests.alvinn.cockpit.desktop import Desktop, desktop
from tests.alvinn.controls.key_hands import KeyHands
from tests.alvinn.fakes import DT

DELAY = 0.2  # s
WORRY, WORRY_HEADING = 0.5, math.radians(10.0)  # of the margin to a departure: where the bot takes the wheel
CALM, CALM_HEADING, CALM_SECONDS = 0.2, math.radians(3.0), 1.0  # and for how long all is well when it hands it back
SECONDS_BETWEEN = 1.0  # simulated, between two presses of the same key that is no steering
X_NAMES = {"left": "Left", "right": "Right"}


class KeyDriver:
    """The same hands as a Driver in lockstep, without a window: the bot's own laps.

    Args:
        world: has the lane, the car, and the ground truth that stands for what the bot sees.
    """

    def __init__(self, world: CarlaWorld) -> None:
        self._world = world
        self.reset()

    def reset(self) -> None:
        """Begin with a straight wheel."""
        self._hands, self._keys, self._steer = KeyHands(self._world.lane, DELAY), Keyboard(DT), 0.0

    def decide(self, observation: Observation) -> Decision:
        """The curvature of the virtual wheel."""
        speed, car = observation.speed, self._world.geometry
        inputs = self._hands.look(self._world.truth(), speed, car.curvature(self._steer, speed))
        self._steer = self._keys.read(inputs, speed).steer
        return Decision(car.curvature(self._steer, speed), who="bot")


class Bot:
    """Eyes at each tick's step, and fingers in a thread of their own.

    Args:
        screen: has the keyboard.
    """

    def __init__(self, screen: Desktop) -> None:
        self._screen = screen
        self._do: queue.SimpleQueue[tuple[str, ...] | None] = queue.SimpleQueue()
        self._fingers = threading.Thread(target=self._work, daemon=True)
        self._held: str = ""
        self._hands: KeyHands | None = None
        self._lane: Lane | None = None
        self._worries: deque[bool] = deque(maxlen=round(DELAY / DT) + 1)
        self._calm = 0
        self._pressed_at = -math.inf
        self._asked = 0

    def _work(self) -> None:
        while (words := self._do.get()) is not None:
            if words[0] == "focus":
                self._screen.focus()
            else:
                self._screen.do(*words)

    def start(self) -> None:
        """Sit down."""
        self._fingers.start()

    def stop(self) -> None:
        """Get up."""
        self._do.put(None)
        self._fingers.join()

    def sit_in(self, world: CarlaWorld) -> None:
        """Take the car of a world."""
        self._lane = world.lane
        self._hands = KeyHands(world.lane, DELAY)

    def read(self, page: Page) -> None:
        """Confirm a drive that is about to begin; a second time where the key was lost."""
        self._asked = self._asked + 1 if page.title.endswith("ready?") else 0
        if self._asked % 40 == 3:
            self._do.put(("focus",))
            self._do.put(("key", "--delay", "40", "Return"))

    def look(self, step: Step, vehicle: VehicleGeometry, *, has_wheel: bool, alone: bool) -> None:
        """Look at a tick, and press or release."""
        if self._hands is None:
            return
        speed = step.observation.speed
        inputs = self._hands.look(step.truth, speed, vehicle.curvature(step.control.steer, speed))
        self._supervise(step, vehicle, has_wheel=has_wheel, alone=alone)
        self._hold(next(iter(inputs.down), "") if has_wheel else "")
        if abs(step.truth.offset) > step.truth.lane_width:
            self._press("l", step.observation.time)

    def _supervise(self, step: Step, vehicle: VehicleGeometry, *, has_wheel: bool, alone: bool) -> None:
        truth = step.truth
        margin = departure_margin(truth.lane_width, vehicle.width)
        self._worries.append(_beyond(truth, WORRY * margin, WORRY_HEADING))
        self._calm = 0 if _beyond(truth, CALM * margin, CALM_HEADING) else self._calm + 1
        wants = self._worries[0] if not has_wheel else self._calm * DT >= CALM_SECONDS
        if wants and not alone:
            self._press("space", step.observation.time)

    def _press(self, key: str, now: float) -> None:
        if not 0.0 <= now - self._pressed_at < SECONDS_BETWEEN:
            self._pressed_at = now
            self._hold("")
            self._do.put(("key", "--delay", "20", key))

    def _hold(self, key: str) -> None:
        if key == self._held:
            return
        if self._held:
            self._do.put(("keyup", X_NAMES[self._held]))
        if key:
            self._do.put(("keydown", X_NAMES[key]))
        self._held = key


def _beyond(truth: GroundTruth, offset: float, heading: float) -> bool:
    return abs(truth.offset) > offset or abs(truth.heading_error) > heading


@contextmanager
def at_the_keys() -> Iterator[None]:
    """Let a bot sit at the window of whatever job is run meanwhile, on a screen of its own."""
    with ExitStack() as stack:
        bot = Bot(stack.enter_context(desktop()))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        show, see, attach = Window.show, Cockpit.see, CarlaWorld.attach_cameras

        def on_show(window: Window, what: Panel | Page) -> None:
            show(window, what)
            if isinstance(what, Page):
                bot.read(what)

        def on_see(cockpit: Cockpit, step: Step) -> Verdict:
            verdict = see(cockpit, step)
            alone = cockpit._machine is None
            bot.look(step, cockpit._vehicle, has_wheel=cockpit.has_wheel(), alone=alone)
            return verdict

        def on_attach(world: CarlaWorld, undo: ExitStack) -> None:
            attach(world, undo)
            bot.sit_in(world)

        patch.setattr(Window, "show", on_show)
        patch.setattr(Cockpit, "see", on_see)
        patch.setattr(CarlaWorld, "attach_cameras", on_attach)
        bot.start()
        try:
            yield
        finally:
            bot.stop()
