"""The cockpit's logic, without a window: a scripted screen tells what hands did, and keeps what was shown."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import pytest

from alvinn.cockpit.cockpit import Cockpit
from alvinn.cockpit.display import panel
from alvinn.cockpit.display.panel import Page, Panel
from alvinn.cockpit.wiring import Advice, Wiring
from alvinn.controls.devices import Device, Keyboard, WheelDevice
from alvinn.controls.inputs import Inputs, JoystickState
from alvinn.controls.profiles import Profile
from alvinn.drivers.gates import Gate, HumanGate
from alvinn.drivers.human import HumanDriver
from alvinn.drivers.shared import ANSWER_SECONDS, SharedDriver
from alvinn.driving.cruise import SpeedController
from alvinn.driving.loop import run
from alvinn.driving.protocols import Verdict
from alvinn.driving.realtime import LiveWorld
from alvinn.driving.types import Observation
from tests.alvinn.fakes import CAR, DT, PaperWorld, SteadyDriver, step, straight, truth

WHEEL = Profile("Wheel", axis=0, buttons={"take": 2, "record": 3})


class Screen:
    """Hands by the script: what they do at every look, nothing once it is over; the window is closed at the end."""

    def __init__(self, script: dict[int, Inputs], ticks: int, usual: Inputs | None = None) -> None:
        self._script, self._ticks, self._usual = script, ticks, usual or Inputs()
        self.looks = 0
        self.shown: list[Panel | Page] = []

    def poll(self) -> Inputs:
        self.looks += 1
        if self.looks > self._ticks:
            return Inputs(closed=True)
        return self._script.get(self.looks, self._usual)

    def show(self, what: Panel | Page) -> None:
        self.shown.append(what)

    @property
    def panels(self) -> list[Panel]:
        return [one for one in self.shown if isinstance(one, Panel)]

    @property
    def notes(self) -> list[str]:
        return list(dict.fromkeys(note for one in self.panels for note in one.notes))


@dataclass
class Notepad:
    """A recorder that writes down what the keys do to it."""

    obstacle: str = ""
    done: list[str] = field(default_factory=list)

    def toggle(self) -> None:
        self.done.append("toggle")

    def cut(self) -> None:
        self.done.append("cut")

    def discard(self, seconds: float) -> str:
        self.done.append(f"discard {seconds:g}")
        return "excluded"

    def take_back(self) -> str:
        self.done.append("take back")
        return "undone"

    def state(self) -> panel.RecorderState:
        return panel.RecorderState(running=True, frames=7, note=self.obstacle)


class Asking:
    """A gate that asks from a time on."""

    name = "drift"

    def __init__(self, since: float) -> None:
        self._since = since

    def reset(self) -> None:
        pass

    def request(self, observation: Observation) -> str:
        return "drift: offset" if observation.time >= self._since else ""


def drive(
    screen: Screen,
    *,
    device: Device | None = None,
    wiring: Wiring | None = None,
    network: bool = False,
    gate: Gate | None = None,
    wait: bool = False,
) -> PaperWorld:
    """Drive on paper until the script is over."""
    world = PaperWorld(straight(2000.0))
    cockpit = Cockpit(screen, device or Keyboard(DT), wiring or Wiring("paper", "ClearNoon"), CAR, wait=wait)
    person = HumanDriver(cockpit.read_input, cockpit.has_pedals, CAR)
    driver: HumanDriver | SharedDriver = person
    if network:
        hands = HumanGate(cockpit.has_wheel)
        driver = SharedDriver(SteadyDriver(0.0), person, gate or hands, hands=hands)
        cockpit.share_with(driver)
    live = LiveWorld(world, cockpit.attend, DT, lambda: 0.0, lambda _: None)
    run(live, driver, [cockpit], CAR, SpeedController(8.0, DT))
    return world


def keys(*names: str) -> Inputs:
    return Inputs(pressed=names, down=frozenset(names))


def wheel(position: float | None, *pressed: int) -> Inputs:
    return Inputs(sticks={"03": JoystickState("03", "Wheel", (position,), pressed=pressed)})


def test_the_panel_shows_what_the_car_does_and_who_makes_it() -> None:
    screen = Screen({n: keys("right") for n in range(5, 30)}, 30)
    world = drive(screen)
    last = screen.panels[-2]
    assert (last.who, last.device, last.cruising, last.title) == ("you", "keyboard", True, "paper, ClearNoon")
    assert last.steer == world.applied[-1].steer
    assert last.steer is not None
    assert last.steer > 0.05
    assert last.lane is not None
    assert len(last.lane.trace) == 29 + 1


def test_a_sharper_picture_takes_the_place_of_the_networks_as_soon_as_there_is_one() -> None:
    sharp = np.zeros((540, 1080, 3), np.uint8)
    screen = Screen({}, 10)
    drive(screen, wiring=Wiring("paper", "ClearNoon", picture=lambda frame: sharp if frame > 3 else None))
    assert [one.image is sharp for one in screen.panels] == [False] * 4 + [True] * 7


def test_the_drive_begins_when_the_person_says_so_and_the_keys_are_shown_before() -> None:
    screen = Screen({20: keys("return")}, 40)
    world = drive(screen, wait=True)
    assert all(isinstance(one, Page) for one in screen.shown[:19])
    assert len(world.applied) == 40 - 19


def test_a_pause_holds_the_world_and_cuts_the_recording() -> None:
    screen, pad = Screen({10: keys("p"), 30: keys("p")}, 40), Notepad()
    world = drive(screen, wiring=Wiring("paper", "ClearNoon", recorder=pad))
    assert len(world.applied) == 40 - 20
    assert pad.done == ["cut", "cut"]
    paused = [one for one in screen.panels if one.alarm is not None]
    assert len(paused) == 20
    assert "paused" in (paused[0].alarm.words if paused[0].alarm else "")


def test_every_key_of_the_recording_reaches_it_and_what_was_done_is_said() -> None:
    pad = Notepad()
    screen = Screen({3: keys("r"), 5: keys("backspace"), 7: keys("u")}, 20)
    drive(screen, wiring=Wiring("paper", "ClearNoon", recorder=pad))
    assert pad.done == ["toggle", "discard 10", "take back"]
    assert {"excluded", "undone"} <= set(screen.notes)


def test_in_practice_the_recordings_keys_say_that_it_is_practice() -> None:
    screen = Screen({3: keys("r", "backspace", "u", "space")}, 10)
    drive(screen)
    assert {"this is practice: there is no recording", "no network to hand the wheel to: you drive alone"} <= set(
        screen.notes
    )


def test_a_message_goes_after_some_seconds() -> None:
    screen = Screen({3: keys("r")}, 120)
    drive(screen)
    assert screen.panels[10].notes
    assert not screen.panels[100].notes


def test_reset_puts_the_car_back_and_the_next_weather_is_put_up_with_a_cut() -> None:
    pad, skies = Notepad(), iter(["HardRainNoon"])
    screen = Screen({5: keys("l"), 8: keys("n")}, 12)
    world = drive(screen, wiring=Wiring("paper", "ClearNoon", pad, next_weather=lambda: next(skies)))
    assert world.recoveries == 1
    assert screen.panels[-1].title == "paper, HardRainNoon"
    assert pad.done == ["cut"]


def test_own_pedals_are_own_until_the_speed_is_held_again() -> None:
    screen = Screen({5: keys("h"), **{n: keys("w") for n in range(6, 20)}, 20: keys("h")}, 30)
    world = drive(screen)
    assert [control.throttle for control in world.applied[6:18]] == [1.0] * 12
    assert [one.cruising for one in screen.panels] == [True] * 4 + [False] * 15 + [True] * 12


def test_help_lies_over_everything_and_escape_closes_it_before_it_ends_the_drive() -> None:
    screen = Screen({5: keys("f1"), 8: keys("escape"), 12: keys("escape")}, 100)
    drive(screen)
    assert [bool(one.help) for one in screen.panels] == [False] * 4 + [True] * 3 + [False] * 5
    assert screen.looks == 12


def test_a_touch_takes_the_wheel_from_the_network_without_a_jump_and_space_gives_it_back() -> None:
    screen = Screen({**{n: keys("right") for n in range(10, 20)}, 40: keys("space")}, 60)
    world = drive(screen, network=True)
    whos = [one.who for one in screen.panels]
    assert set(whos[:9]) == {"steady"}
    assert set(whos[10:38]) == {"you"}
    assert set(whos[41:]) == {"steady"}
    steers = [control.steer for control in world.applied]
    assert max(steers) > 0.03
    assert max(abs(b - a) for a, b in pairwise(steers)) < 0.06
    assert {"you have the wheel", "you handed the wheel back"} <= set(screen.notes)


def test_a_hand_that_stays_on_the_wheel_it_gave_away_does_not_take_it_at_once() -> None:
    script = {n: wheel(0.3) for n in range(10, 60)} | {30: wheel(0.3, 2)}
    screen = Screen(script, 60, usual=wheel(0.0))
    drive(screen, device=WheelDevice("03", WHEEL), network=True)
    whos = [one.who for one in screen.panels]
    assert (whos[5], whos[20], whos[50]) == ("steady", "you", "steady")


def test_the_wheels_own_buttons_take_over_and_record() -> None:
    pad = Notepad()
    screen = Screen({10: wheel(0.0, 2), 12: wheel(0.0, 3)}, 20, usual=wheel(0.0))
    drive(screen, device=WheelDevice("03", WHEEL), network=True, wiring=Wiring("paper", "ClearNoon", pad))
    assert screen.panels[-1].who == "you"
    assert pad.done == ["toggle"]


def test_an_unplugged_wheel_brakes_the_car_says_so_and_it_goes_on_when_it_is_back() -> None:
    pad = Notepad()
    script = {n: Inputs() for n in range(20, 60)}
    screen = Screen(script, 100, usual=wheel(0.1))
    world = drive(screen, device=WheelDevice("03", WHEEL), wiring=Wiring("paper", "ClearNoon", pad))
    assert all(control.brake == 1.0 for control in world.applied[19:59])
    assert screen.panels[58].speed == 0.0
    assert [one.alarm is not None for one in screen.panels[:100]] == [False] * 19 + [True] * 40 + [False] * 41
    assert screen.panels[30].recording == panel.RecorderState(running=True, frames=7, note="unplugged")
    assert screen.panels[70].recording == panel.RecorderState(running=True, frames=7)
    assert world.applied[-1].throttle > 0.0
    assert {"Wheel is unplugged", "Wheel is back"} <= set(screen.notes)


def test_an_alarm_counts_down_and_where_nobody_answers_the_car_is_braked_until_somebody_does() -> None:
    seconds = round(ANSWER_SECONDS / DT)
    screen = Screen({200: keys("space")}, 260)
    world = drive(screen, network=True, gate=Asking(since=1.0))
    alarms = [one.alarm for one in screen.panels]
    assert not any(alarms[:20])
    left = [alarm.seconds for alarm in alarms[21 : 19 + seconds] if alarm is not None and alarm.seconds is not None]
    assert len(left) == seconds - 2
    assert left == sorted(left, reverse=True)
    assert "BRAKES" in (alarms[150].words if alarms[150] is not None else "")
    assert screen.panels[198].speed == 0.0
    assert not any(alarms[201:])
    assert world.applied[-1].throttle > 0.0


class AskingOnce(Asking):
    """A gate that asks no more once the car was put back."""

    _resets = 0

    def reset(self) -> None:
        self._resets += 1
        self._since = self._since if self._resets == 1 else math.inf  # the first is the beginning of the drive


def test_a_reset_by_the_person_ends_the_alarm_and_the_braking() -> None:
    screen = Screen({100: keys("l")}, 140)
    world = drive(screen, network=True, gate=AskingOnce(since=1.0))
    alarms = [one.alarm for one in screen.panels]
    assert "BRAKES" in (alarms[98].words if alarms[98] is not None else "")
    assert not any(alarms[101:])
    assert world.applied[-1].brake == 0.0


def test_the_machines_answer_is_shown_beside_the_persons_and_its_doubt_always() -> None:
    advice: Callable[[Observation], Advice] = lambda seen: Advice(0.05, 0.4)  # noqa: E731 - a fixed answer
    screen = Screen({10: keys("space")}, 20)
    drive(screen, network=True, wiring=Wiring("paper", "ClearNoon", advice=advice))
    before, after = screen.panels[5], screen.panels[-2]
    assert (before.doubt, after.doubt) == (0.4, 0.4)
    assert before.other_steer is None
    assert after.other_steer == CAR.steer(0.05, after.speed or 0.0)


def test_while_paused_a_key_drives_one_tick_and_stepwise_every_tick_has_its_key() -> None:
    step, go = Inputs(pressed=(".",)), Inputs(pressed=("return",))
    screen = Screen({2: go, 5: step, 6: step, 9: Inputs(pressed=("p",))}, ticks=11)
    world = PaperWorld(straight(200.0))
    cockpit = Cockpit(screen, Keyboard(DT), Wiring("straight", "ClearNoon"), CAR, step=True)
    live = LiveWorld(world, cockpit.attend, DT, lambda: 0.0, lambda _: None)
    driver = HumanDriver(cockpit.read_input, cockpit.has_pedals, CAR)
    run(live, driver, [cockpit], CAR, SpeedController(8.0, DT))
    paused = [one.alarm is not None for one in screen.panels]
    assert world.frame == 3 + 3, "three ticks one by one, then three until the window is closed"
    assert paused[-1] is False


def test_help_stops_the_drive_until_it_is_closed() -> None:
    screen = Screen({5: keys("f1"), 30: keys("f1")}, 40)
    tape = Notepad()
    drive(screen, wiring=Wiring("paper", "ClearNoon", recorder=tape))
    assert len([one for one in screen.panels if one.help]) == 25
    times = [one.time for one in screen.panels if one.help]
    assert len(set(times)) == 1, "nothing moves meanwhile"
    assert "cut" in tape.done


class Stepped:
    """A clock that runs slower or faster than the simulation."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._now = seconds, 0.0

    def __call__(self) -> float:
        self._now += self._seconds
        return self._now


def seen(cockpit: Cockpit, numbers: Iterable[int], offset: float, speed: float) -> list[Verdict]:
    verdicts = []
    for number in numbers:
        cockpit.attend(0, 0)
        one = step(number, truth(offset=offset))
        one = replace(one, observation=replace(one.observation, time=number * DT, speed=speed))
        verdicts.append(cockpit.see(one))
    return verdicts


def seat(clock: Callable[[], float] = lambda: 0.0) -> tuple[Cockpit, Screen]:
    screen = Screen({}, 1000)
    return Cockpit(screen, Keyboard(DT), Wiring("paper", "ClearNoon"), CAR, wait=False, clock=clock), screen


def test_the_real_time_factor_is_measured_over_the_last_seconds() -> None:
    cockpit, screen = seat(Stepped(DT / 0.8))
    seen(cockpit, range(60), 0.0, 8.0)
    assert screen.panels[3].real_time_factor is None
    assert screen.panels[-1].real_time_factor == pytest.approx(0.8)


def test_a_person_who_stands_off_the_road_is_told_how_to_get_back() -> None:
    cockpit, screen = seat()
    seen(cockpit, range(60), 9.0, 0.0)
    cockpit.on_recovery()
    seen(cockpit, range(60, 62), 0.0, 0.0)
    alarms = [one.alarm for one in screen.panels]
    assert alarms[30] is None, "not at once"
    assert alarms[59] == panel.Alarm("L: back on the lane")
    assert alarms[61] is None


def test_a_person_who_drives_back_by_themselves_is_left_alone() -> None:
    cockpit, screen = seat()
    seen(cockpit, range(80), 9.0, 3.0)
    assert screen.panels[-1].alarm is None


def test_a_network_to_which_the_wheel_is_handed_off_the_road_is_put_back() -> None:
    screen = Screen({60: keys("space")}, 1000)
    cockpit = Cockpit(screen, Keyboard(DT), Wiring("paper", "ClearNoon"), CAR, wait=False, clock=lambda: 0.0)
    hands = HumanGate(cockpit.has_wheel)
    cockpit.share_with(SharedDriver(SteadyDriver(0.0), SteadyDriver(0.0), hands, hands=hands), taken=True)
    assert Verdict.RECOVER not in seen(cockpit, range(60), 9.0, 0.0)
    assert not seen(cockpit, range(60, 90), 9.0, 8.0).count(Verdict.RECOVER), "at once: it may come back by itself"
    assert seen(cockpit, range(90, 180), 9.0, 8.0).count(Verdict.RECOVER) == 1


def test_a_watched_network_that_left_the_road_is_put_back_and_counted() -> None:
    cockpit, screen = seat()
    hands = HumanGate(cockpit.has_wheel)
    cockpit.share_with(SharedDriver(SteadyDriver(0.0), SteadyDriver(0.0), hands, hands=hands))
    for times in (1, 2):
        verdicts = seen(cockpit, range(80), 9.0, 8.0)
        assert verdicts.count(Verdict.RECOVER) == 1
        cockpit.on_recovery()
        seen(cockpit, range(2), 0.0, 8.0)
        assert f"back on the lane, {times} times by itself" in screen.panels[-1].notes
