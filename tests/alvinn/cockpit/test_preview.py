from __future__ import annotations

from multiprocessing import Pipe

import numpy as np

from alvinn.cockpit.preview import CAMERA, EDGE, MAP, Preview, receive_newest
from alvinn.settings import Driving
from tests.alvinn.cockpit.desktop import until


def test_a_map_is_seen_in_the_weather_that_is_chosen_before_anybody_drives_there() -> None:
    with Preview(Driving()) as preview:
        until(lambda: preview.picture("oval", "ClearNoon") is not None, "the picture")
        until(lambda: preview.picture("oval", "ClearNight") is not None, "the picture by night")
        day, night = preview.picture("oval", "ClearNoon"), preview.picture("oval", "ClearNight")
    assert day is not None
    assert night is not None
    assert day.shape == night.shape == (CAMERA.height, CAMERA.width, 3)
    assert day[MAP[0] + EDGE :].mean() > 1.5 * night[MAP[0] + EDGE :].mean()
    corner = np.s_[EDGE : EDGE + MAP[0], EDGE : EDGE + MAP[1]]
    assert (day[corner] == night[corner]).all(), "the lane is drawn there"


def test_the_map_of_a_server_that_is_named_is_not_changed_for_a_look() -> None:
    with Preview(Driving(carla="127.0.0.1:2000")) as preview:
        assert preview.picture("oval", "ClearNoon") is None


def test_of_several_wishes_the_newest_counts() -> None:
    ours, theirs = Pipe()
    for name in ("country", "oval", "hills"):
        ours.send((name, "ClearNoon"))
    assert receive_newest(theirs) == ("hills", "ClearNoon")
