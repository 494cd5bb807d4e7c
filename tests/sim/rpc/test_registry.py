"""Every procedure has a table entry that checks its arguments and says how its result is wrapped."""

from __future__ import annotations

import pytest

from sim.episode.world import WorldError
from sim.rpc import registry
from sim.rpc.registry import find_returns, method
from sim.wire.errors import NotSupportedError, PeerError
from sim.wire.messages import FLOAT, VECTOR
from sim.wire.rpc import Returns
from tests.sim.rpc.context import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_method_that_is_not_there_is_not_supported(desk: Desk) -> None:
    with pytest.raises(NotSupportedError, match="no method start_recorder"):
        desk.call("start_recorder", "a", False)


@pytest.mark.parametrize("name", sorted(registry.TABLE))
def test_no_method_takes_one_argument_too_many(desk: Desk, name: str) -> None:
    with pytest.raises(PeerError, match=f"{name}: .* arguments came, expected"):
        desk.call(name, *range(len(registry.TABLE[name].arguments) + 1))


@pytest.mark.parametrize("name", sorted(name for name, entry in registry.TABLE.items() if entry.arguments))
def test_no_method_breaks_on_arguments_of_any_kind(desk: Desk, name: str) -> None:
    things: list[object] = [None, True, 7, -1, 1.5, "x", b"x", [], [[]], {}, [None] * 17]
    for thing in things:
        try:
            desk.call(name, *[thing] * len(registry.TABLE[name].arguments))
        except (PeerError, WorldError):
            continue


def test_methods_answer_as_the_client_expects_them_to() -> None:
    kinds = {name: entry.returns for name, entry in registry.TABLE.items()}
    assert kinds["destroy_actor"] == kinds["tick_cue"] == Returns.VALUE
    assert kinds["set_actor_transform"] == kinds["load_new_episode"] == Returns.NOTHING
    assert kinds["apply_batch"] == Returns.BARE


def test_arguments_and_results_are_converted_by_their_layouts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "TABLE", dict(registry.TABLE))

    @method("mirror", VECTOR, FLOAT, result=VECTOR, returns=Returns.BARE)
    def mirror(_context: object, vector: object, _factor: float) -> object:
        return vector

    assert desk.call("mirror", [1.0, 2.0, 3.0], 0.5) == [1.0, 2.0, 3.0]
    assert find_returns("mirror") is Returns.BARE
    with pytest.raises(PeerError, match="mirror: str came, expected a number"):
        desk.call("mirror", [1.0, 2.0, 3.0], "half")


def test_the_name_of_an_unknown_method_is_cut_short(desk: Desk) -> None:
    with pytest.raises(NotSupportedError) as refused:
        desk.call("x" * 10_000)
    assert len(str(refused.value)) < 200
