"""A real window and SDL's virtual wheel: calibrated once, remembered for every drive after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alvinn.cockpit.display.panel import Page
from alvinn.cockpit.display.window import Window
from alvinn.controls.profiles import load_profiles
from tests.alvinn.cockpit.desktop import Desktop, VirtualWheel, desktop, until
from tests.alvinn.cockpit.person import Person
from tests.alvinn.jobs.cli import Shell


@pytest.fixture(scope="module")
def screen() -> Iterator[Desktop]:
    with desktop() as screen:
        yield screen


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own config folder."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "alvinn" / "devices.json"


def asked(person: Person) -> str:
    page = person.seen[-1]
    return page.title if isinstance(page, Page) else ""


def test_a_wheel_is_calibrated_by_turning_and_pressing(shell: Shell, screen: Desktop, config: Path) -> None:
    person, wheel = Person(screen), VirtualWheel(axes=3, buttons=6)

    def script() -> None:
        person.reads("Calibrate")
        wheel.plug_in()
        for question, axis, position in (
            ("fully left", 2, 0.8),
            ("fully right", 2, -0.8),
            ("throttle", 0, -1.0),
            ("brake", 1, 1.0),
        ):
            until(lambda question=question: question in asked(person), question)  # type: ignore[misc]
            wheel.turn(axis, position)
        until(lambda: "takes over the wheel" in asked(person), "the buttons")
        wheel.press(4, down=True)
        until(lambda: "recording on and off" in asked(person), "the last button")
        screen.press("Return")

    try:
        with person.acting(script):
            said = shell.run("calibrate", "--curve", "1.5")
    finally:
        wheel.pull_out()
    assert said.status == 0
    (profile,) = load_profiles(config).values()
    assert (profile.axis, profile.curve, dict(profile.buttons)) == (2, 1.5, {"take": 4})
    assert [profile.left, profile.right] == pytest.approx([0.8, -0.8], abs=1e-3)
    assert profile.throttle is not None
    assert [profile.throttle.axis, profile.throttle.full] == pytest.approx([0, -1.0], abs=1e-3)
    assert profile.brake is not None
    assert [profile.brake.axis, profile.brake.full] == pytest.approx([1, 1.0], abs=1e-3)
    bars = [dict(getattr(page, "bars", ())) for page in person.seen]
    assert any(bar.get("axis 2", 0.0) > 0.7 for bar in bars), "the live axes are shown"


def test_leaving_before_the_end_remembers_nothing(shell: Shell, screen: Desktop, config: Path) -> None:
    person = Person(screen)
    with person.acting(lambda: person.reads("Calibrate")):
        said = shell.refused("calibrate")
    assert "nothing was remembered" in said
    assert not config.exists()


def test_without_a_display_it_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "x11")
    monkeypatch.setenv("DISPLAY", ":no-such")
    assert "no window can be opened here" in shell.refused("calibrate")


def test_what_sdl_draws_on_without_a_display_is_no_display_unless_it_was_asked_for(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert "there is no display" in shell.refused("calibrate")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with Window("alvinn test") as window:
        assert window.poll().pressed == ()
