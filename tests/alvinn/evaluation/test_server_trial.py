"""The trial of a server: on the embedded one everything is well, and what is not well is said."""

from __future__ import annotations

import math
from dataclasses import asdict

import pytest

from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera
from alvinn.evaluation import server_trial
from alvinn.evaluation.server_trial import DriveLog, try_server
from alvinn.settings import SHIPPED, Home
from tests.conftest import Address

CAR = VehicleGeometry(2.875, math.radians(70.0), ((0.0, 1.0),), 2.164)


def test_on_the_embedded_server_nothing_is_to_be_done(server: Address) -> None:
    findings = {one.what: one for one in try_server(server, Home().find_model(SHIPPED), seconds=3.0)}
    assert list(findings) == ["lane", "car", "camera", "frames", "exposure", "markings", "driving", "timing"]
    assert [one.remedy for one in findings.values() if one.what != "timing"] == [""] * 7
    assert "a closed loop" in findings["lane"].found
    assert findings["camera"].found == "as asked for"
    assert findings["frames"].found == "61 frames, each of its tick"
    assert findings["markings"].found == "seen in 100% of frames"


@pytest.mark.parametrize(("name", "there"), [("wheelbase", 2.6), ("max_wheel_angle", 0.6), ("width", 1.9)])
def test_a_car_unlike_that_of_the_model_is_said(name: str, there: float) -> None:
    finding = server_trial._judge_geometry(CAR, asdict(CAR) | {name: there})
    assert name in finding.remedy
    assert server_trial._judge_geometry(CAR, asdict(CAR)).remedy == ""
    assert server_trial._judge_geometry(CAR, None).remedy == ""


def test_what_is_wrong_with_a_drive_is_said_line_by_line() -> None:
    dark = DriveLog([5.0] * 20, [0] * 20, [0.1] * 19 + [2.0], [*range(10), *range(20, 30)], 50.0)
    findings = {one.what: one.remedy for one in server_trial._judge_drive(dark, spent=100.0)}
    assert all(findings.values())
    assert set(findings) == {"exposure", "markings", "driving", "timing"}
    assert "other clients" in server_trial._judge_frames(dark, "").remedy
    assert server_trial._judge_frames(dark, "an image did not arrive").remedy == "an image did not arrive"


def test_a_camera_that_is_not_as_asked_for_is_said() -> None:
    camera = Camera()
    taken = {"image_size_x": str(camera.width), "image_size_y": str(camera.height), "fov": "60.0"}
    assert "fov is 60.0" in server_trial._judge_camera(taken, camera).found
    assert server_trial._judge_camera({}, camera).remedy == "report this"
    assert server_trial._judge_camera(taken | {"fov": str(camera.fov)}, camera).remedy == ""
