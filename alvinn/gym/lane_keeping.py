"""`alvinn/LaneKeeping-v0`: keep the lane from camera images.

Ground truth from the map is in `info`, never in an observation. The server is started by the first `reset`, as a vector
environment makes an instance just to read its spaces; it ends with `close`, with the environment, with the process, and
after an error.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ClosedEnvironmentError, ResetNeeded

from alvinn.driving.types import Camera, Direction, Image
from alvinn.errors import AlvinnError
from alvinn.gym.arguments import check_above_zero, check_action, check_camera, check_options, check_reward, check_road
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road, Tick
from alvinn.reinforcement.reward import Reward, lateral_jerk
from alvinn.settings import Driving
from alvinn.world.carla_world import DT
from alvinn.world.opening import parse_address

if TYPE_CHECKING:
    from alvinn.cockpit.display.window import Window

SHARPEST = 0.15  # 1/m: an action of 1.0, to the right; the curvature of ALVINN's outermost units
AUTORESET = getattr(gymnasium.vector, "AutoresetMode", str)("Disabled")
"""A single environment never resets itself; vector environments have a mode of their own (a string in 0.29)."""


class LaneKeepingEnv(gymnasium.Env[Image, npt.NDArray[np.float32]]):
    """Keep a lane from pixels: see docs/gymnasium.md.

    Args:
        map: a map's name, or an OpenDRIVE FILE.xodr.
        weather: one of CARLA's presets.
        camera: a Camera, or the values that differ from the default one, such as {"fov": 70.0}.
        direction: forward, or reverse: the opposite lane.
        speed: that the car holds [m/s].
        seconds: simulated seconds after which an episode is truncated.
        reward: the weights of its terms.
        carla: HOST:PORT of a running CARLA server (default: a private embedded one).
        render_mode: rgb_array, human, or None.

    Raises:
        AlvinnError: an argument is invalid.
    """

    metadata = {  # noqa: RUF012 - as gymnasium declares it
        "render_modes": ["rgb_array", "human"],
        "render_fps": round(1.0 / DT),
        "autoreset_mode": AUTORESET,
    }

    def __init__(
        self,
        map: str = "country",  # noqa: A002 - named as in all jobs
        weather: str = "ClearNoon",
        camera: Camera | Mapping[str, Any] | None = None,
        *,
        direction: Direction = "forward",
        speed: float = 8.0,
        seconds: float = 60.0,
        reward: Reward | None = None,
        carla: str | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise AlvinnError(f"render_mode must be rgb_array, human or None, not {render_mode!r}")
        self.render_mode = render_mode
        self.reward = check_reward(reward)
        self._ticks_allowed = round(check_above_zero("seconds", seconds) / DT)
        self._embedded = carla is None
        if carla is not None:
            carla = str(carla)
            parse_address(carla)
        self._road = check_road(Road(map, direction, weather), embedded=self._embedded)
        mounted = check_camera(camera)
        self.observation_space = gymnasium.spaces.Box(0, 255, (mounted.height, mounted.width, 3), np.uint8)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        self._task = LaneKeeping(Driving(carla=carla, speed=check_above_zero("speed", speed)), mounted)
        self._tick: Tick | None = None
        self._window: Window | None = None
        self._closed = False
        self._at_the_end = weakref.finalize(self, self._task.close)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Image, dict[str, Any]]:
        """Start at the centre of the lane, at a random distance along it, or where the options say.

        Args:
            seed: of the starting points; the same seed and actions give the same observations.
            options: map, direction, weather: change the road, for later episodes too; s [m along the lane],
                offset [m to the right, within the margin of a departure], heading_error [rad]: start of this episode.

        Raises:
            AlvinnError: map, weather or server is not available, or an option is unknown or invalid.
        """
        self._require_open()
        super().reset(seed=seed)
        self._tick = None  # a reset that fails leaves no episode
        road, start = check_options(options, self._road, embedded=self._embedded)
        self._task.open(road)
        drawn = float(self.np_random.uniform(*self._task.starts()))  # also where it is not used: seeds stay in step
        s = drawn if start.s is None else start.s
        if start.s is not None or start.offset:
            self._task.check_start(s, start.offset)
        self._tick = self._task.start(s, start.offset, start.heading_error)
        self._road = road  # not before: a reset that fails leaves the road as it was
        self._driven, self._curvature = 0, 0.0
        self._over = False
        self._show()
        return self._tick.observation.image, _make_info(self._tick)

    def step(self, action: npt.NDArray[np.float32]) -> tuple[Image, float, bool, bool, dict[str, Any]]:
        """Drive one tick of 0.05 s.

        Args:
            action: curvature in units of 0.15 1/m, shape (1,), right positive.

        Raises:
            InvalidAction: the action is not a number or outside the action space.
            ResetNeeded: the episode has ended or not begun.
            ServerError: the server stopped answering; everything is closed.
        """
        self._require_open()
        if self._tick is None or self._over:
            raise ResetNeeded("the episode has ended or not begun: call reset() before step()")
        curvature = SHARPEST * check_action(action)
        jerk = lateral_jerk(self._curvature, curvature, self._tick.observation.speed, DT) if self._driven else 0.0
        with self._end_on_error():
            tick = self._task.step(curvature)
        self._tick, self._curvature = tick, curvature
        self._driven += 1
        terminated = tick.departed or tick.collided
        truncated = not terminated and (tick.finished or self._driven >= self._ticks_allowed)
        self._over = terminated or truncated
        self._show()
        gain = self.reward(tick.share, jerk, 0.0, departed=terminated)
        return tick.observation.image, gain, terminated, truncated, _make_info(tick)

    def expert_action(self) -> npt.NDArray[np.float32]:
        """The action of the expert, which knows the map, at the car's present pose: a label for imitation learning.

        Raises:
            ResetNeeded: no episode has begun.
            ServerError: the server stopped answering; everything is closed.
        """
        self._require_open()
        if self._tick is None:
            raise ResetNeeded("there is no car yet: call reset() before expert_action()")
        with self._end_on_error():
            curvature = self._task.expert_curvature()
        return np.clip([curvature / SHARPEST], -1.0, 1.0).astype(np.float32)

    def render(self) -> Image | None:
        """The camera's image in the mode rgb_array; in the mode human, reset and step draw the window."""
        self._require_open()
        if self.render_mode != "rgb_array":
            return None
        if self._tick is None:
            raise ResetNeeded("there is no image yet: call reset() before render()")
        return self._tick.observation.image.copy()

    def close(self) -> None:
        """Close server and window; may be called again."""
        self._closed = True
        self._tick = None
        window, self._window = self._window, None
        try:
            self._at_the_end()
        finally:
            if window is not None:
                window.__exit__(None, None, None)

    @contextmanager
    def _end_on_error(self) -> Iterator[None]:
        """End the episode after an error: the task is closed then."""
        try:
            yield
        except AlvinnError:
            self._tick = None
            raise

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedEnvironmentError("this environment is closed: make a new one with gymnasium.make()")

    def _show(self) -> None:
        if self.render_mode != "human" or self._tick is None:
            return
        from alvinn.cockpit.display.panel import LaneState, Panel
        from alvinn.cockpit.display.window import Window  # pygame: only in the mode human

        if self._window is None:
            self._window = Window("alvinn/LaneKeeping-v0")
        self._window.poll()
        seen, truth = self._tick.observation, self._tick.truth
        lane = LaneState(truth.offset, truth.lane_width)
        self._window.show(Panel(seen.image, f"{self._road.map}, {self._road.weather}", speed=seen.speed, lane=lane))


def _make_info(tick: Tick) -> dict[str, Any]:
    """Ground truth from map and simulator."""
    return {
        "offset": tick.truth.offset,
        "heading_error": tick.truth.heading_error,
        "curvature": tick.curvature,
        "lane_width": tick.truth.lane_width,
        "departure": tick.departed,
        "collision": tick.collided,
        "s": tick.truth.lane_s,
        "speed": tick.observation.speed,
    }
