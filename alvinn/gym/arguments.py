"""Checks of what a caller hands to the environment, before a server starts: each error says what was expected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import InvalidAction

from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError
from alvinn.reinforcement.lane_keeping import Road
from alvinn.reinforcement.reward import Reward
from alvinn.settings import find_map, find_weather
from alvinn.util.nearest import suggest

ROAD, START = ("map", "direction", "weather"), ("s", "offset", "heading_error")
OPTIONS = ROAD + START
CAMERA = tuple(field.name for field in fields(Camera))


@dataclass(frozen=True)
class Start:
    """Where an episode starts; `s` is None where it is drawn."""

    s: float | None = None
    """m along the lane"""
    offset: float = 0.0
    """m to the right of its centre"""
    heading_error: float = 0.0
    """rad"""


def check_road(road: Road, *, embedded: bool) -> Road:
    """The same road with its names as the server has them, whatever their capitals.

    Raises:
        MapError: there is no such weather, or the embedded server has no such map; the message names the nearest one.
    """
    name = str(road.map)  # a path is a name too
    return replace(road, map=find_map(name) if embedded else name, weather=find_weather(str(road.weather)))


def check_camera(wanted: Camera | Mapping[str, Any] | None) -> Camera:
    """A camera with the wanted values, the others being those of the default one.

    Raises:
        AlvinnError: it is no camera, or one that cannot be.
    """
    if isinstance(wanted, Camera):
        return wanted
    values = _check_names("camera", {} if wanted is None else wanted, CAMERA)
    try:
        return replace(Camera(), **values)
    except ValueError as error:
        raise AlvinnError(f"camera: {error}") from error


def check_reward(wanted: Reward | None) -> Reward:
    """The reward, or the default one.

    Raises:
        AlvinnError: it is no Reward.
    """
    if wanted is None:
        return Reward()
    if not isinstance(wanted, Reward):
        raise AlvinnError(
            f"reward must be a Reward of alvinn.reinforcement.reward, such as Reward(smooth=0.0), not {wanted!r}"
        )
    return wanted


def check_above_zero(name: str, value: float) -> float:
    """A number above 0.

    Raises:
        AlvinnError: the value is something else.
    """
    if not (_is_finite_number(value) and value > 0.0):
        raise AlvinnError(f"{name} must be a number above 0, not {value!r}")
    return float(value)


def check_options(options: Mapping[str, Any] | None, road: Road, *, embedded: bool) -> tuple[Road, Start]:
    """The road and the start of an episode that follows one on `road`.

    Raises:
        AlvinnError: an option is unknown, or its value cannot be.
    """
    wanted = _check_names("options", {} if options is None else options, OPTIONS)
    for name in START:
        if name in wanted and not _is_finite_number(wanted[name]):
            raise AlvinnError(f"the option {name} must be a finite number, not {wanted[name]!r}")
    start = Start(**{name: float(wanted[name]) for name in START if name in wanted})
    if abs(start.heading_error) > math.pi / 2.0:
        raise AlvinnError(
            f"the option heading_error is in radians and at most pi/2, along the lane, not {start.heading_error:g}"
        )
    changes = {name: wanted[name] for name in ROAD if name in wanted}
    return check_road(replace(road, **changes), embedded=embedded), start


def check_action(action: npt.ArrayLike) -> float:
    """The number in an action.

    Raises:
        InvalidAction: it is not one number in [-1, 1].
    """
    try:
        values = np.asarray(action)
    except (TypeError, ValueError):  # a ragged list
        values = np.empty(0)
    if values.shape != (1,) or values.dtype.kind not in "fiu" or not abs(float(values[0])) <= 1.0:  # NaN is not
        raise InvalidAction(f"an action must be one number in [-1, 1], shape (1,), not {action!r}")
    return float(values[0])


def _check_names(what: str, given: Mapping[str, Any], known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise AlvinnError(f"{what} must be a mapping with some of {', '.join(known)}, not {given!r}")
    for name in given:
        if name not in known:
            raise AlvinnError(f"{what} has no {name!r}: {suggest(str(name), known)}")
    return given


def _is_finite_number(value: object) -> bool:
    return isinstance(value, Real) and math.isfinite(value)
