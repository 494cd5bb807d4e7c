"""`alvinn/LaneKeeping-v0`: keep the lane by what the camera shows.

What the map knows is in `info`, never in an observation.
Nothing is started before the first `reset`: a vector environment makes one just to look at its spaces. The server ends
with `close`, with the environment, with the process, and after an error.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium.error import ClosedEnvironmentError, InvalidAction, ResetNeeded

from alvinn.driving.types import Camera, Direction, Image
from alvinn.errors import AlvinnError
from alvinn.reinforcement.lane_keeping import LaneKeeping, Road, Tick
from alvinn.reinforcement.reward import Reward, lateral_jerk
from alvinn.settings import Driving
from alvinn.world.carla_world import DT

if TYPE_CHECKING:
    from alvinn.cockpit.window import Window

SHARPEST = 0.15  # 1/m: an action of 1.0, to the right; what ALVINN's outermost units stand for
AUTORESET = getattr(gymnasium.vector, "AutoresetMode", str)("Disabled")
"""An environment alone never resets itself; a vector environment says its own mode. (A word in gymnasium 0.29.)"""
OPTIONS = ("map", "direction", "weather", "s", "offset", "heading_error")


class LaneKeepingEnv(gymnasium.Env[Image, npt.NDArray[np.float32]]):
    """Drive a lane by pixels: see docs/gymnasium.md.

    Args:
        map: a map's name, or an OpenDRIVE FILE.xodr.
        weather: one of CARLA's presets.
        camera: a Camera, or what is to differ from the default one, such as {"fov": 70.0}.
        direction: forward, or reverse: the opposite lane.
        speed: to hold [m/s].
        seconds: simulated, after which an episode is truncated.
        reward: the weights of its terms.
        carla: HOST:PORT of a running CARLA server (default: a private embedded one).
        render_mode: rgb_array, human, or None.

    Raises:
        AlvinnError, ValueError: an argument is of no use.
    """

    metadata = {  # noqa: RUF012 - as gymnasium declares it
        "render_modes": ["rgb_array", "human"],
        "render_fps": round(1.0 / DT),
        "autoreset_mode": AUTORESET,
    }

    def __init__(
        self,
        map: str = "country",  # noqa: A002 - the word that all jobs have for it
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
        if render_mode not in {None, *self.metadata["render_modes"]}:
            raise ValueError(f"render_mode is rgb_array, human or None, not {render_mode!r}")
        if not 0.0 < seconds < math.inf:
            raise ValueError(f"an episode of {seconds} seconds cannot be driven: seconds is a number above 0")
        self.render_mode = render_mode
        self.reward = reward or Reward()
        self._ticks_allowed = round(seconds / DT)
        self._road = Road(map, direction, weather)
        sight = _camera(camera)
        self.observation_space = gymnasium.spaces.Box(0, 255, (sight.height, sight.width, 3), np.uint8)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (1,), np.float32)
        self._task = LaneKeeping(Driving(carla=carla, speed=speed), sight)
        self._tick: Tick | None = None
        self._window: Window | None = None
        self._closed = False
        self._at_the_end = weakref.finalize(self, self._task.close)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Image, dict[str, Any]]:
        """Start somewhere on the lane, in its middle, as drawn from the seed; or where the options say.

        Args:
            seed: of where the episodes start; the same seed and actions give the same observations.
            options: map, direction, weather: another road, from now on; s [m along the lane], offset [m to the right],
                heading_error [rad]: where this episode starts.

        Raises:
            AlvinnError: map, weather or server is not to be had, or there is no such option.
        """
        self._require_open()
        super().reset(seed=seed)
        wanted = _checked(options or {})
        road = {name: wanted[name] for name in ("map", "direction", "weather") if name in wanted}
        self._road = replace(self._road, **road)
        self._task.open(self._road)
        drawn = float(self.np_random.uniform(*self._task.starts()))
        self._tick = self._task.start(
            float(wanted.get("s", drawn)), float(wanted.get("offset", 0.0)), float(wanted.get("heading_error", 0.0))
        )
        self._driven, self._curvature = 0, 0.0
        self._over = False
        self._show()
        return self._tick.observation.image, _info(self._tick)

    def step(self, action: npt.NDArray[np.float32]) -> tuple[Image, float, bool, bool, dict[str, Any]]:
        """Drive for a tick of 0.05 s.

        Args:
            action: curvature over 0.15 1/m, shape (1,), right positive.

        Raises:
            InvalidAction: it is no number, or outside the action space.
            ResetNeeded: the episode is over, or did not begin.
            ServerError: the server stopped answering; nothing is left open.
        """
        self._require_open()
        if self._tick is None or self._over:
            raise ResetNeeded("the episode is over, or did not begin: call reset() before the next step()")
        curvature = SHARPEST * _valid(action)
        jerk = lateral_jerk(self._curvature, curvature, self._tick.observation.speed, DT) if self._driven else 0.0
        try:
            tick = self._task.step(curvature)
        except AlvinnError:
            self._tick = None
            raise
        self._tick, self._curvature = tick, curvature
        self._driven += 1
        terminated = tick.departed or tick.collided
        truncated = not terminated and (tick.finished or self._driven >= self._ticks_allowed)
        self._over = terminated or truncated
        self._show()
        gain = self.reward(tick.share, jerk, 0.0, departed=terminated)
        return tick.observation.image, gain, terminated, truncated, _info(tick)

    def expert_action(self) -> npt.NDArray[np.float32]:
        """The action of the scripted expert, who knows the map, where the car is now: a label for imitation learners.

        Raises:
            ResetNeeded: the car is nowhere yet.
        """
        self._require_open()
        if self._tick is None:
            raise ResetNeeded("there is nothing to drive before the first reset()")
        return np.clip([self._task.expert_curvature() / SHARPEST], -1.0, 1.0).astype(np.float32)

    def render(self) -> Image | None:
        """What the camera shows, in the mode rgb_array; the window of the mode human is drawn by reset and step."""
        if self.render_mode != "rgb_array":
            return None
        self._require_open()
        if self._tick is None:
            raise ResetNeeded("there is no picture before the first reset()")
        return self._tick.observation.image.copy()

    def close(self) -> None:
        """End server and window; a second time there is nothing to end."""
        self._closed = True
        self._tick = None
        self._at_the_end()
        if self._window is not None:
            self._window.__exit__(None, None, None)
            self._window = None

    def _require_open(self) -> None:
        if self._closed:
            raise ClosedEnvironmentError("this environment was closed: make a new one with gymnasium.make()")

    def _show(self) -> None:
        if self.render_mode != "human" or self._tick is None:
            return
        from alvinn.cockpit.panel import LaneState, Panel
        from alvinn.cockpit.window import Window  # pygame: only where there is somebody to look

        if self._window is None:
            self._window = Window("alvinn/LaneKeeping-v0")
        self._window.poll()
        seen, truth = self._tick.observation, self._tick.truth
        lane = LaneState(truth.offset, truth.lane_width)
        self._window.show(Panel(seen.image, f"{self._road.map}, {self._road.weather}", speed=seen.speed, lane=lane))


def _camera(wanted: Camera | Mapping[str, Any] | None) -> Camera:
    if isinstance(wanted, Camera):
        return wanted
    try:
        return replace(Camera(), **(wanted or {}))
    except (TypeError, ValueError) as error:
        raise AlvinnError(f"camera: {error}; a camera has width, height, fov, x, y, z and pitch") from error


def _checked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise AlvinnError(f"reset() has no option {', '.join(unknown)}; its options are {', '.join(OPTIONS)}")
    return options


def _valid(action: npt.ArrayLike) -> float:
    values = np.asarray(action, dtype=np.float64)
    if values.shape != (1,) or not abs(values[0]) <= 1.0:  # NaN compares false
        raise InvalidAction(f"an action is one number in [-1, 1], shape (1,), not {action!r}")
    return float(values[0])


def _info(tick: Tick) -> dict[str, Any]:
    """What the map and the simulator know."""
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
