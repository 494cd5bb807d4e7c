"""What takes long is done beside the event loop, and a crash there is a sentence here."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from sim.episode.world import WorldError
from sim.roads import opendrive
from sim.roads.track import Track
from sim.server import background, maps
from sim.server.background import run_in_process, run_in_thread


def crash(_name: str, _text: str, _seed: int) -> Track:
    os._exit(5)


def refuse(_name: str, text: str, _seed: int) -> Track:
    raise WorldError(f"not {text}")


def wait_for_ever(_name: str, _text: str, _seed: int) -> Track:
    threading.Event().wait()
    raise AssertionError


def test_the_loop_goes_on_while_a_thread_works_and_gets_its_result_or_its_error() -> None:
    async def scenario() -> None:
        may_end = threading.Event()

        def work() -> int:
            assert may_end.wait(10.0)
            return 7

        task = asyncio.ensure_future(run_in_thread(work))
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        assert await task == 7
        with pytest.raises(ZeroDivisionError):
            await run_in_thread(lambda: 1 // 0)

    asyncio.run(scenario())


def test_the_end_of_the_loop_does_not_wait_for_a_thread() -> None:
    never = threading.Event()

    async def scenario() -> None:
        task = asyncio.ensure_future(run_in_thread(never.wait))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(scenario())
    never.set()


def test_a_map_comes_out_of_a_process_as_it_was_read_there() -> None:
    text = opendrive.load("oval")[1]
    track, here = run_in_process(maps.read_map, "sent", text, 3), maps.read_map("sent", text, 3)
    assert track.spawn_points == here.spawn_points
    pose = here.spawn_points[5]
    assert track.ground(pose.x, pose.y, pose.z, pose.yaw) == here.ground(pose.x, pose.y, pose.z, pose.yaw)
    solids = [
        list(found.solids_near(x, -59.0 + y)) for found in (track, here) for x in range(-90, 90, 9) for y in (-9, 9)
    ]
    assert solids[: len(solids) // 2] == solids[len(solids) // 2 :]


def test_a_process_that_crashes_is_a_sentence() -> None:
    with pytest.raises(WorldError, match="the process that read it ended"):
        run_in_process(crash, "sent", "", 0)
    with pytest.raises(WorldError, match=r"^not a road$"):
        run_in_process(refuse, "sent", "a road", 0)


def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "READ_SECONDS", 0.1)
    with pytest.raises(WorldError, match=r"takes more than 0\.1 s to read"):
        run_in_process(wait_for_ever, "sent", "", 0)
    assert not background._processes
