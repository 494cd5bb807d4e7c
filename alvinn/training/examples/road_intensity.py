"""Whether the road is lighter than its surroundings: the target of ALVINN's road-intensity feedback.

D. Pomerleau, NIPS 1, 1989: one output unit says it and is fed back with the next frame. The target comes from CARLA's
segmentation camera, in training only; when driving, the network has its own answer.
"""

from __future__ import annotations

from alvinn.driving.types import Image

ROAD, ROAD_LINE, SKY = 1, 24, 11  # CARLA's tags (0.9.16, CityObjectLabel), in the red channel


def road_is_lighter(frame: Image, segmentation: Image) -> float:
    """1 if the road is lighter than its surroundings, 0 if darker, 0.5 if only one of them is visible.

    Args:
        frame: shape (height, width, 3) RGB; only the blue band is used, as in ALVINN.
        segmentation: of the same moment, as encoded by CARLA, same shape.
    """
    band, tags = frame[:, :, 2], segmentation[:, :, 0]
    road, sky = (tags == ROAD) | (tags == ROAD_LINE), tags == SKY
    beside = ~road & ~sky & road.any(axis=1)[:, None]  # only in rows with road: not the hills behind it
    if not road.any() or not beside.any():
        return 0.5
    return float(band[road].mean() > band[beside].mean())
