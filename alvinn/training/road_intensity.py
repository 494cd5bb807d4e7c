"""Whether the road is lighter or darker than what lies beside it: ALVINN's road-intensity feedback, as a target.

D. Pomerleau, NIPS 1, 1989: one output unit says it, and tells the next frame's input. The target comes from CARLA's
segmentation camera, in training only; at the wheel the network has its own answer and nothing else.
"""

from __future__ import annotations

from alvinn.driving.types import Image

ROAD, ROAD_LINE, SKY = 1, 24, 11  # CARLA's tags (0.9.16, CityObjectLabel), in the red channel


def road_is_lighter(frame: Image, segmentation: Image) -> float:
    """1 where the road is lighter than its surroundings, 0 where it is darker, 0.5 where only one of them is seen.

    Args:
        frame: shape (height, width, 3) RGB; its blue band counts, which is all that ALVINN saw.
        segmentation: of the same moment, as CARLA codes it, same shape.
    """
    band, tags = frame[:, :, 2], segmentation[:, :, 0]
    road, sky = (tags == ROAD) | (tags == ROAD_LINE), tags == SKY
    beside = ~road & ~sky & road.any(axis=1)[:, None]  # in the rows of the road: not the hills behind it
    if not road.any() or not beside.any():
        return 0.5
    return float(band[road].mean() > band[beside].mean())
