"""The layout of a page: its lines, a picture beside them, what the chosen line can be, and what is not right yet."""

from __future__ import annotations

import pygame

from alvinn.cockpit.display.brush import BLUE, DIM, GREEN, INK, NIGHT, ORANGE, SLATE, Brush
from alvinn.cockpit.display.panel import Page

TOP, LINE = 16.0, 8.0  # units: where the lines begin, and the height of one at most
SHARE = 0.62  # of the width that lines have beside a picture
ASPECT = 0.5  # height of the picture by its width
LISTED = 7  # options that are listed at most, around the chosen one


def draw_page(surface: pygame.Surface, page: Page) -> None:
    """Draw a page on the whole of a surface."""
    brush = Brush(surface)
    whole = surface.get_rect()
    surface.fill(NIGHT)
    brush.text(page.title, (whole.centerx, brush.px(4)), 9, INK, corner="midtop", room=whole.width * 0.94)
    foot = brush.height - brush.px(5 * len(page.foot) + 2)
    for index, words in enumerate(page.foot):
        place = (whole.centerx, foot + brush.px(5 * index))
        brush.text(words, place, 4.2, DIM, corner="midtop", room=whole.width * 0.94)
    if page.warning:
        foot -= brush.px(7)
        brush.text(page.warning, (whole.centerx, foot), 5, ORANGE, corner="midtop", room=whole.width * 0.94)
    top = brush.px(TOP)
    beside = page.picture is not None or page.chosen >= 0
    lines = pygame.Rect(0, top, round(whole.width * (SHARE if beside else 1.0)), foot - top)
    _draw_lines(brush, page, lines)
    if beside:
        edge = brush.px(2)
        _draw_beside(brush, page, pygame.Rect(lines.right, top, whole.width - lines.right - edge, foot - top - edge))


def _draw_lines(brush: Brush, page: Page, area: pygame.Rect) -> None:
    rows = len(page.lines) + len(page.bars) + (page.progress is not None)
    high = min(brush.px(LINE), area.height / max(1, rows))
    for index, (name, value) in enumerate(page.lines):
        row = pygame.Rect(area.left, round(area.top + index * high), area.width, round(high))
        _draw_choice(brush, name, value, row, chosen=index == page.chosen)
    for index, (name, share) in enumerate(page.bars, start=len(page.lines)):
        middle = area.top + (index + 0.5) * high
        brush.text(name, (area.width * 0.25, middle), high / brush.unit * 0.5, DIM, corner="midright")
        bar = pygame.Rect(
            round(area.width * 0.3), round(middle - high * 0.2), round(area.width * 0.5), round(high * 0.4)
        )
        brush.gauge(bar, share, BLUE)

    if page.progress is not None:
        name, share = page.progress
        middle = area.top + (rows - 0.5) * high
        brush.text(name, (area.width * 0.25, middle), high / brush.unit * 0.5, DIM, corner="midright")
        bar = pygame.Rect(
            round(area.width * 0.3), round(middle - high * 0.2), round(area.width * 0.5), round(high * 0.4)
        )
        pygame.draw.rect(brush.surface, SLATE, bar)
        pygame.draw.rect(brush.surface, GREEN, (*bar.topleft, round(bar.width * share), bar.height))


def _draw_choice(brush: Brush, name: str, value: str, area: pygame.Rect, *, chosen: bool) -> None:
    if chosen:
        bar = area.inflate(-round(area.width * 0.06), 0)
        pygame.draw.rect(brush.surface, SLATE, bar, border_radius=brush.px(1))
    units = area.height / brush.unit * 0.58
    row = area.centery
    if not name:
        brush.text(value, (area.centerx, row), units, INK, corner="center", room=area.width * 0.94)
        return
    middle = area.left + area.width * 0.36
    brush.text(name, (middle - brush.px(2), row), units, DIM, corner="midright", room=area.width * 0.29)
    words = f"<  {value}  >" if chosen else value
    brush.text(words, (middle + brush.px(1), row), units, INK, corner="midleft", room=area.width * 0.58)


def _draw_beside(brush: Brush, page: Page, area: pygame.Rect) -> None:
    """The picture, and below it the options around the chosen one."""
    frame = pygame.Rect(area.left, area.top, area.width, round(area.width * ASPECT))
    pygame.draw.rect(brush.surface, SLATE, frame)
    if page.picture is not None:
        brush.picture(page.picture, frame)
    row = frame.bottom + brush.px(2)
    place = page.options.index(page.option) if page.option in page.options else 0
    first = max(0, min(place - LISTED // 2, len(page.options) - LISTED))
    shown = page.options[first : first + LISTED]
    each = min(brush.px(4.6), (area.bottom - row) / max(1, len(shown)))
    for index, words in enumerate(shown):
        colour = BLUE if words == page.option else DIM
        at = (area.left + brush.px(1), row + (index + 0.5) * each)
        brush.text(words, at, each / brush.unit * 0.75, colour, corner="midleft", room=area.width - brush.px(2))
