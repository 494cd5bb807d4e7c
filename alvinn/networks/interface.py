"""What `card.json` says to a program that drives with `network.tflite` alone, in any language and without this one.

Everything here is worked out from the rest of the card, so that it cannot say something else.
"""

from __future__ import annotations

from typing import Any

from alvinn.networks import encodings
from alvinn.networks.encodings import Encoding, Hill, Scalar
from alvinn.networks.memory import REMEMBERED
from alvinn.networks.preprocessing import FARTHEST, NEAREST, Preprocessing

CAMERA_AXES = {
    "position": "m from the car's origin, which lies on the ground below the middle of its box: x ahead, y right, z up",
    "fov": "degrees, horizontal",
    "pitch": "degrees, nose up",
    "lens": "pinhole, no distortion, no roll, no yaw",
}
VEHICLE_UNITS = {
    "wheelbase": "m",
    "max_wheel_angle": "rad at the front wheels, at steer 1 and standstill",
    "steering_curve": "[speed in km/h, share of max_wheel_angle that steer 1 has there], linear in between",
    "width": "m",
    "steer": "atan(curvature * wheelbase) / (max_wheel_angle * share), clipped to [-1, 1]",
}
TOLD = {
    "order": ["speed", "last residual", "residual before it", "last mean curvature", "mean curvature before it"],
    "units": ["m/s", "1/m", "1/m", "1/m", "1/m"],
    "start": "0 but for the speed",
    "shape": [1, REMEMBERED],
    "type": "float32",
}
"""The second input of a refined network, see `Memory.as_input`."""


def describe(preprocessing: Preprocessing, output: Encoding, *, refined: bool) -> dict[str, Any]:
    """How to feed a network, refined or not, and how to read its answer, as `interface` of the card."""
    seen, decoding = describe_input(preprocessing), describe_decoding(output)
    if refined:
        seen["told"] = TOLD
        decoding["decoding"] += "; then the residual is added"
        decoding["residual"] = (
            "the last number but one of the answer; the last is the mean curvature of the units. Both are told with "
            "the next two frames"
        )
    return {
        "input": seen,
        "output": {"unit": "1/m", "sign": "right positive", "units": output.units} | decoding,
        "camera": CAMERA_AXES,
        "vehicle": VEHICLE_UNITS,
    }


def describe_input(preprocessing: Preprocessing) -> dict[str, Any]:
    """From a camera frame to the network's input."""
    told = {
        "frame": "RGB, 8 bits a channel, rows from the top",
        "crop": {"top": preprocessing.top, "bottom": preprocessing.frame_height},
        "resize": [
            {"width": width, "height": height, "interpolation": interpolation}
            for width, height, interpolation in preprocessing.resizes
        ],
        "channels": {"rgb": "R, G, B", "yuv": "Y, U, V (BT.601, offset 128)", "blue": "B"}[preprocessing.colours],
        "shape": [1, *preprocessing.shape],
        "type": "float32",
        "range": [0.0, 255.0],
    }
    if preprocessing.range_rows:
        told["ranges"] = (
            f"below the picture {preprocessing.range_rows} rows of depth, 255 * min(1, {NEAREST:g} m / range), at most "
            f"{FARTHEST:g} m; then a row of 255 * the road's intensity as the last output unit said of the frame before"
        )
    return told


def describe_decoding(output: Encoding) -> dict[str, Any]:
    """From the output units to a curvature."""
    if isinstance(output, Scalar):
        return {"decoding": "curvature = unit / scale", "scale": output.scale}
    if isinstance(output, Hill):
        return {
            "decoding": (
                "for every candidate position p from 0 to units - 1 in steps of 1 / fineness, the hill "
                "exp(-(i - p)^2 / variance_term) over the units i, normalised to length 1, is multiplied with the "
                "units; the largest product, refined by the parabola through it and its two neighbours, is the "
                "position; curvature = position * spacing - span; 0 where no product is positive"
            ),
            "span": output.span,
            "spacing": output.spacing,
            "variance_term": encodings.VARIANCE_TERM,
            "fineness": encodings.FINENESS,
        }
    return {
        "decoding": (
            "the most active of all units but the last is the position; curvature = position * spacing - span"
        ),
        "span": output.span,
        "spacing": 2.0 * output.span / (output.directions - 1),
    }
