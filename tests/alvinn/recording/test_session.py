from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from alvinn import __version__
from alvinn.errors import RecordingError
from alvinn.recording.session import make_session, merge_sessions, read_session, write_session
from tests.alvinn.fakes import CAR, SMALL, session


def test_a_session_comes_back_as_it_was_written(tmp_path: Path) -> None:
    one = replace(session(), device="mouse", cameras=("center", "depth"), quality={"rows": 3})
    write_session(tmp_path, one)
    assert read_session(tmp_path / "session.json") == one


def test_a_new_session_names_this_version_and_its_car() -> None:
    one = make_session(SMALL, CAR, "embedded", driver="expert", maps=["oval"])
    assert (one.version, one.driver, one.maps, one.weathers) == (__version__, "expert", ("oval",), ())
    assert one.vehicle == asdict(CAR)


def test_a_session_that_was_extended_has_what_either_had_once_and_in_order() -> None:
    first = replace(session(), maps=("oval", "path"), weathers=("ClearNoon",), cameras=("center",))
    more = replace(session(), maps=("path", "hills"), weathers=("WetNoon",), cameras=("center", "left"), seed=9)
    both = merge_sessions(first, more)
    assert (both.maps, both.weathers, both.cameras) == (
        ("oval", "path", "hills"),
        ("ClearNoon", "WetNoon"),
        ("center", "left"),
    )
    assert (both.seed, both.seeds) == (first.seed, (0, 9)), "the first one, as earlier versions read it, and all"


def test_a_session_names_all_who_drove_once_and_in_order_as_one_text_that_earlier_versions_read() -> None:
    merged = session()
    for alias in ("bob", "expert", "Eva", "bob"):
        merged = merge_sessions(merged, replace(session(), driver=alias))
    assert merged.driver == "expert, bob, Eva"
    assert merged.drivers == ("expert", "bob", "Eva")


def test_a_value_of_the_wrong_kind_is_an_error_that_names_its_place(tmp_path: Path) -> None:
    write_session(tmp_path, session())
    path = tmp_path / "session.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["camera"]["width"] = "wide"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(RecordingError, match=r"session\.json is damaged: .*\$\.camera\.width"):
        read_session(path)


def test_a_session_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"session\.json could not be written: No such file"):
        write_session(tmp_path / "missing", session())
