"""How a lesson looks: a stopwatch, what the network does, and its error falling under the line where it may drive."""

from __future__ import annotations

import pygame

from alvinn.cockpit.display.brush import DIM, GREEN, INK, ORANGE, SLATE, Brush
from alvinn.cockpit.display.panel import LessonState

LEAST_SPAN = 0.02  # 1/m: the error's scale is no finer than this


def draw_lesson(brush: Brush, lesson: LessonState, area: pygame.Rect) -> None:
    """Draw the state of a lesson."""
    inner = area.inflate(-brush.px(4), -brush.px(3))
    clock = pygame.Rect(inner.left, inner.top, round(inner.width * 0.2), inner.height)
    minutes, seconds = divmod(int(lesson.watched), 60)
    place = (clock.left, clock.top + clock.height * 0.34)
    brush.text(f"{minutes}:{seconds:02d}", place, 10, INK, corner="midleft", room=clock.width)
    words = f"watched, {lesson.passes} passes"
    brush.text(words, (clock.left, clock.bottom), 3.6, DIM, corner="bottomleft", room=clock.width)
    rest = pygame.Rect(clock.right + brush.px(2), inner.top, inner.right - clock.right - brush.px(2), inner.height)
    colour = GREEN if lesson.ready else INK
    brush.text(lesson.words, rest.topleft, 6, colour, room=rest.width)
    curve = pygame.Rect(rest.left, rest.top + brush.px(7.5), rest.width, rest.height - brush.px(7.5))
    _draw_errors(brush, lesson, curve)


def _draw_errors(brush: Brush, lesson: LessonState, area: pygame.Rect) -> None:
    """The error by second; the level under which the network may drive is a line."""
    span = max(LEAST_SPAN, *lesson.errors) if lesson.errors else LEAST_SPAN

    def row(error: float) -> float:
        return area.bottom - min(1.0, error / span) * area.height

    pygame.draw.line(brush.surface, SLATE, area.bottomleft, area.bottomright, 1)
    level = row(lesson.low)
    pygame.draw.line(brush.surface, GREEN, (area.left, level), (area.right, level), 1)
    if len(lesson.errors) > 1:
        step = area.width / max(60, len(lesson.errors) - 1)
        points = [(area.left + index * step, row(error)) for index, error in enumerate(lesson.errors)]
        pygame.draw.lines(brush.surface, ORANGE, closed=False, points=points, width=max(2, brush.px(0.6)))
    if lesson.errors:
        words = f"error {lesson.errors[-1]:.4f} 1/m"
        brush.text(words, (area.right, area.top), 3.8, ORANGE, corner="topright", room=area.width * 0.4)
