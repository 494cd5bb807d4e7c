"""The layout of a panel: the camera image large, the dials in a strip below it, alarms across the image.

Type is large enough for the last row of a classroom. The driver has a colour (a person blue, a machine orange), and
nothing is shown by colour alone.
"""

from __future__ import annotations

import itertools

import pygame

from alvinn.cockpit.display.brush import BLUE, DIM, GREEN, INK, NIGHT, ORANGE, RED, SLATE, Brush
from alvinn.cockpit.display.lesson_box import draw_lesson
from alvinn.cockpit.display.panel import HUMAN, Alarm, LaneState, Panel, RecorderState, Timeline

RATE = 20  # frames a second
SLOW = 0.95  # real-time factor below which the time is said to run slowly
STRIP = 0.25  # share of the window's height for the dials
SIDE = 0.38  # share of its width for the network
LESSON = 0.2  # share of its height for the lesson
INSET = 0.24  # share of its width for a chart
ALARM = (11.0, 22.0)  # units below the picture's upper edge: below the head, above the horizon
BAND = 9.0  # units below the picture, for time line and messages of a replay


def draw_panel(surface: pygame.Surface, panel: Panel) -> None:
    """Draw one moment of a drive on the whole of a surface."""
    brush = Brush(surface)
    surface.fill(NIGHT)
    strip = round(brush.height * STRIP)
    view = pygame.Rect(0, 0, brush.width, brush.height - strip)
    if panel.side is not None:
        view.width -= round(brush.width * SIDE)
        brush.picture(panel.side, pygame.Rect(view.right, 0, brush.width - view.width, view.height))
    elif panel.inset is not None:
        view.width -= round(brush.width * INSET)
        brush.picture(panel.inset, pygame.Rect(view.right, 0, brush.width - view.width, view.height))
    band = pygame.Rect(0, view.bottom - brush.px(BAND), brush.width, brush.px(BAND))
    if panel.timeline is not None:
        view.height -= band.height
    if panel.lesson is not None:
        view.height -= round(brush.height * LESSON)
        box = pygame.Rect(0, view.bottom, view.width, round(brush.height * LESSON))
        draw_lesson(brush, panel.lesson, box)
    picture = brush.picture(panel.image, view)
    if panel.alarm is not None:
        _draw_alarm(brush, panel.alarm, picture)
    _draw_head(brush, panel, view)
    _draw_strip(brush, panel, pygame.Rect(0, brush.height - strip, brush.width, strip))
    if panel.timeline is None:
        _draw_notes(brush, panel.notes, view, has_alarm=panel.alarm is not None)
    else:
        _draw_band(brush, panel.timeline, panel.notes, band)
    if panel.help:
        _draw_help(brush, panel.help)


def measure_room(size: tuple[int, int], *, side: bool) -> tuple[int, int]:
    """Width and height [pixels] that the camera's picture has in a window, with or without the network's side view."""
    width, height = size
    return width - (round(width * SIDE) if side else 0), height - round(height * STRIP)


def colour_of(who: str) -> tuple[int, int, int]:
    """Blue for the person, orange for any machine."""
    return BLUE if who == HUMAN else ORANGE


def _draw_head(brush: Brush, panel: Panel, view: pygame.Rect) -> None:
    """The driver at the left, map and weather at the right."""
    edge = brush.px(1.5)
    if panel.who:
        name = panel.alias or "you" if panel.who == HUMAN else panel.who
        words = "YOU DRIVE" if name == "you" else f"{name.upper()} DRIVES"
        colour = colour_of(panel.who)
        box = brush.label(words, (edge, edge), 7, colour, room=view.width * 0.45)
        pygame.draw.rect(brush.surface, colour, (box.left, box.top, brush.px(1), box.height))
    if panel.title:
        brush.label(panel.title, (view.right - edge, edge), 4.5, INK, corner="topright", room=view.width * 0.5)


def _draw_notes(brush: Brush, notes: tuple[str, ...], view: pygame.Rect, *, has_alarm: bool) -> None:
    """The last messages, the newest uppermost, in the sky: below the head or an alarm, and above the road."""
    row = view.top + brush.px(ALARM[1] + 0.8 if has_alarm else ALARM[0])
    for note in reversed(notes[-1:] if has_alarm else notes[-3:]):
        place = (view.centerx, row)
        row = brush.label(note, place, 3.8, INK, corner="midtop", room=view.width * 0.9).bottom + brush.px(0.2)


def _draw_strip(brush: Brush, panel: Panel, area: pygame.Rect) -> None:
    """Wheel, speed, lane and recording, side by side."""
    pygame.draw.rect(brush.surface, SLATE, (area.left, area.top, area.width, max(1, brush.px(0.3))))
    cuts = [area.left + round(area.width * share) for share in (0.0, 0.15, 0.36, 0.70, 1.0)]
    wheel, speed, lane, recorder = (
        pygame.Rect(left, area.top, right - left, area.height) for left, right in itertools.pairwise(cuts)
    )
    if panel.steer is not None:
        _draw_wheel(brush, panel, wheel)
    if panel.speed is not None:
        _draw_speed(brush, panel, speed)
    if panel.lane is not None:
        _draw_lane(brush, panel.lane, panel.doubt, lane)
    _draw_recorder(brush, panel, recorder)


def _draw_wheel(brush: Brush, panel: Panel, area: pygame.Rect) -> None:
    radius = round(min(area.width, area.height) * 0.36)
    brush.wheel(area.center, radius, panel.steer or 0.0, INK)
    if panel.other_steer is not None:
        brush.mark_steer(area.center, radius, panel.other_steer, ORANGE if panel.who == HUMAN else BLUE)


def _draw_speed(brush: Brush, panel: Panel, area: pygame.Rect) -> None:
    number = f"{(panel.speed or 0.0) * 3.6:.0f}"
    room = area.width * 0.9
    brush.text(number, (area.centerx, area.top + area.height * 0.42), 16, INK, corner="center", room=room * 0.8)
    words = "km/h cruise" if panel.cruising else "km/h"
    brush.text(words, (area.centerx, area.bottom - brush.px(5)), 4, DIM, corner="center", room=room)


def _draw_lane(brush: Brush, lane: LaneState, doubt: float | None, area: pygame.Rect) -> None:
    """The car's position in its lane: a number, a scale, and the last seconds."""
    inner = area.inflate(-brush.px(4), -brush.px(3))
    side = "" if abs(lane.offset) < 0.005 else " right" if lane.offset > 0 else " left"
    share = lane.offset / (lane.width / 2.0)
    colour = GREEN if abs(share) < 0.35 else RED
    place = (inner.centerx, inner.top + brush.px(3))
    words = f"{abs(lane.offset):.2f} m{side}"
    brush.text(words, place, 5, colour, corner="center", room=inner.width)
    brush.gauge(pygame.Rect(inner.left, inner.top + brush.px(7), inner.width, brush.px(3)), share, colour)
    low = pygame.Rect(inner.left, inner.top + brush.px(11.5), inner.width, inner.bottom - inner.top - brush.px(12))
    if doubt is not None:
        low.width -= brush.px(11)
        brush.text("doubt", (low.right + brush.px(6.5), low.top), 3.2, DIM, corner="midtop")
        number = f"{min(doubt, 9.99):.0%}"
        brush.text(number, (low.right + brush.px(6.5), low.bottom), 4.6, RED if doubt > 1 else INK, corner="midbottom")
    brush.trace(low, lane.trace, lane.width / 2.0, colour)


def _draw_recorder(brush: Brush, panel: Panel, area: pygame.Rect) -> None:
    """The recording, the time, how fast it runs, the device."""
    inner = area.inflate(-brush.px(4), -brush.px(3))
    row, high = inner.top, inner.height / 4.0
    if panel.recording is not None:
        _draw_recording(brush, panel.recording, pygame.Rect(inner.left, row, inner.width, round(high)))
    lines = [(_clock(panel), 4.6, INK), (panel.device, 3.8, DIM), ("F1: keys", 3.8, DIM)]
    for index, (words, units, colour) in enumerate(lines, start=1):
        place = (inner.left, row + (index + 0.5) * high)
        brush.text(words, place, units, colour, corner="midleft", room=inner.width)


def _clock(panel: Panel) -> str:
    if panel.time is None:
        return ""
    slow = panel.real_time_factor is not None and panel.real_time_factor < SLOW
    return format_time(panel.time) + (f"   time runs at {panel.real_time_factor:.0%}" if slow else "")


def format_time(seconds: float) -> str:
    """Minutes and seconds: 1:02."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _draw_recording(brush: Brush, recording: RecorderState, area: pygame.Rect) -> None:
    size = area.height * 0.34
    colour = RED if recording.running else DIM
    shape = pygame.Rect(area.left, area.centery - size, 2 * size, 2 * size)
    if recording.running:
        pygame.draw.circle(brush.surface, colour, shape.center, size)
    else:
        pygame.draw.rect(brush.surface, colour, shape, max(2, shape.width // 6))
    driven = format_time(recording.frames / RATE)
    words = f"REC {driven}" if recording.running else recording.note or "not recording"
    words += f", {driven}" if recording.frames and not recording.running else ""
    left = shape.right + brush.px(1.5)
    brush.text(words, (left, area.centery), 5, colour, corner="midleft", room=area.right - left)


def _draw_band(brush: Brush, timeline: Timeline, notes: tuple[str, ...], area: pygame.Rect) -> None:
    """The messages in a line below the picture, and the time line below them."""
    line = pygame.Rect(area.left, area.bottom - brush.px(1.6), area.width, brush.px(1.6))
    middle = (area.centerx, (area.top + line.top) / 2 - brush.px(0.8))
    brush.text("   ".join(notes), middle, 4.4, INK, corner="center", room=area.width * 0.96)
    _draw_timeline(brush, timeline, line)


def _draw_timeline(brush: Brush, timeline: Timeline, area: pygame.Rect) -> None:
    pygame.draw.rect(brush.surface, SLATE, area)
    spans = [(span, RED) for span in timeline.excluded]
    if timeline.marked is not None:
        spans.append((timeline.marked, ORANGE))
    for (begin, end), colour in spans:
        left, right = (area.left + share * area.width for share in (begin, end))
        pygame.draw.rect(brush.surface, colour, (left, area.top, max(2.0, right - left), area.height))
    for share in timeline.departures:
        across = area.left + share * area.width
        pygame.draw.rect(brush.surface, INK, (across, area.top - area.height, max(2, brush.px(0.3)), area.height))
    head = pygame.Rect(0, 0, max(3, brush.px(0.8)), area.height * 2)
    head.center = (round(area.left + timeline.position * area.width), area.centery)
    pygame.draw.rect(brush.surface, INK, head)


def _draw_alarm(brush: Brush, alarm: Alarm, picture: pygame.Rect) -> None:
    """A frame around the image; the message at its upper edge, where no road is, with the seconds left."""
    pygame.draw.rect(brush.surface, ORANGE, picture, brush.px(2))
    top, bottom = ALARM
    box = pygame.Rect(0, 0, round(picture.width * 0.9), brush.px(bottom - top))
    box.midtop = (picture.centerx, picture.top + brush.px(top))
    brush.veil(box, NIGHT, 170)
    room = box.width * (0.96 if alarm.seconds is None else 0.86)
    middle = box.left + box.width * (0.5 if alarm.seconds is None else 0.45)
    brush.text(alarm.words, (middle, box.centery), 7, ORANGE, corner="center", room=room)
    if alarm.seconds is not None:
        brush.text(f"{alarm.seconds:.0f}", (box.right - brush.px(6), box.centery), 11, INK, corner="center")


def _draw_help(brush: Brush, lines: tuple[tuple[str, str], ...]) -> None:
    whole = brush.surface.get_rect()
    brush.veil(whole, NIGHT, 225)
    brush.text("Keys", (whole.centerx, brush.px(2)), 6, INK, corner="midtop")
    top, high = brush.px(11), (whole.height - brush.px(13)) / max(1, len(lines))
    units = min(4.6, high / brush.unit * 0.6)
    middle = round(whole.width * 0.3)
    for index, (caption, does) in enumerate(lines):
        row = top + (index + 0.5) * high
        brush.text(caption, (middle - brush.px(2), row), units, BLUE, corner="midright", room=middle - brush.px(3))
        brush.text(does, (middle + brush.px(1), row), units, INK, corner="midleft", room=whole.width * 0.67)
