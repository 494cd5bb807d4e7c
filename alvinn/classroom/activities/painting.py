"""Paint: draw on a frame, and see at once how steering, doubt and saliency change.

The page sends strokes, not pixels: the frame is painted here, on the picture that the network saw.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from alvinn.classroom.activities.contenders import Contender
from alvinn.classroom.activities.task_queue import TaskQueue
from alvinn.classroom.audience import Guest
from alvinn.classroom.classroom import Classroom
from alvinn.classroom.messages import Paint, Stroke, pack
from alvinn.classroom.moments import PICTURE_QUALITY, Moment, Thought, think
from alvinn.driving.types import Image, Observation
from alvinn.errors import CameraMismatchError, ModelError
from alvinn.networks.inference import Network
from alvinn.networks.undriven import answer_view
from alvinn.util.images import encode_jpeg
from alvinn.visualization.saliency import SaliencyModel, highlight

COLOURS = {"asphalt": (92, 90, 90), "grass": (60, 92, 40), "white": (235, 235, 230), "yellow": (225, 165, 40)}
SHADE = 0.4  # of the light that is left in a shadow


def paint(image: Image, strokes: tuple[Stroke, ...]) -> Image:
    """A frame, shape (height, width, 3) RGB, with strokes painted over it."""
    painted = image.copy()
    height, width = image.shape[:2]
    for stroke in strokes:
        points = np.rint(np.array(stroke.points) * (width - 1, height - 1)).astype(np.int32)
        mask = np.zeros((height, width), dtype=np.uint8)
        thick = max(1, round(stroke.width * height))
        cv2.polylines(mask, [points], isClosed=False, color=255, thickness=thick, lineType=cv2.LINE_AA)
        for x, y in points[[0, -1]].tolist():
            cv2.circle(mask, (x, y), thick // 2, 255, -1, cv2.LINE_AA)
        share = mask[:, :, None].astype(np.float32) / 255.0
        over = painted * SHADE if stroke.colour == "shadow" else np.array(COLOURS[stroke.colour], dtype=np.float32)
        painted = np.asarray(np.rint(painted * (1.0 - share) + over * share), dtype=np.uint8)
    return painted


class Easel:
    """Paints the frames of guests, one after another, and asks a network about each.

    Args:
        classroom: who paints.
        contender: the network that is asked; its model is opened once more, for painting alone.
    """

    def __init__(self, classroom: Classroom, contender: Contender) -> None:
        self.queue = TaskQueue()
        self._classroom = classroom
        self._name, self._network = contender.title, Network(contender.folder)
        try:
            self._saliency: SaliencyModel | None = SaliencyModel(contender.folder)
        except ModelError:  # no convolutions: nothing to look at
            self._saliency = None

    def open(self) -> None:
        """Take paintings from now on."""
        self._classroom.handlers[Paint] = self._ask
        self._classroom.on_leave.append(lambda guest: self.queue.forget(guest.number))

    def _ask(self, guest: Guest, painting: Paint) -> None:
        found = [moment for moment in self._classroom.moments if moment.number == painting.number]
        if found:
            self.queue.put(guest.number, "paint", lambda: self.show(guest.number, found[0], painting.strokes))
        else:
            guest.tell(pack("refused", {"why": "that frame is a minute old and gone: take a new one"}))

    def show(self, guest: int, moment: Moment, strokes: tuple[Stroke, ...]) -> None:
        """Paint a frame and tell a guest what the network makes of it, before and after."""
        seen = moment.observation
        image = paint(seen.image, strokes)
        painted = Observation(frame=seen.frame, time=seen.time, image=image, speed=seen.speed, others=seen.others)
        try:
            before, after = (self._think(moment, one).as_json() for one in (seen, painted))
        except CameraMismatchError as error:
            self._classroom.post_to(guest, pack("refused", {"why": str(error)}))
            return
        pictures = [encode_jpeg(image, PICTURE_QUALITY)]
        if self._saliency is not None:
            pictures.append(encode_jpeg(highlight(image, self._saliency.compute(image)), PICTURE_QUALITY))
        values: dict[str, Any] = {
            "number": moment.number,
            "name": self._name,
            "before": before,
            "after": after,
            "strokes": len(strokes),
        }
        self._classroom.post_to(guest, pack("painted", values, *pictures))

    def _think(self, moment: Moment, seen: Observation) -> Thought:
        """What the network makes of a frame; where it drove that moment, it is told what it was told there.

        So all that differs is the paint, and without any the answer is the one that was driven.
        """
        told = None if moment.thought is None else moment.thought.told
        answer = answer_view(self._network, seen) if told is None else self._network.answer(seen, told)
        return think(self._network, seen, answer)
