from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvinn.errors import AlvinnError
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.reading import Reading
from alvinn.formats.tub import write
from alvinn.util.images import encode_jpeg
from tests.alvinn.fakes import picture
from tests.alvinn.formats.drives import drive, exported, imported, steer_of


def record(number: int, **other: Any) -> dict[str, Any]:
    return {
        "_index": number,
        "_session_id": "20-10-19_0",
        "_timestamp_ms": 1603101605780 + number * 50,
        "cam/image_array": f"{number}_cam_image_array_.jpg",
        "user/angle": steer_of(number),
        "user/mode": "user",
        "user/throttle": -0.25 if number % 2 else 0.5,
    } | other


def tub(folder: Path, lines: list[bytes], *, deleted: tuple[int, ...] = (), n: int = 12) -> Path:
    """A tub of one catalog, with n pictures."""
    (folder / "images").mkdir(parents=True)
    for number in range(n):
        (folder / "images" / f"{number}_cam_image_array_.jpg").write_bytes(encode_jpeg(picture(number)))
    (folder / "catalog_0.catalog").write_bytes(b"\n".join([*lines, b""]))
    lengths = {"created_at": 0, "line_lengths": [9, 9], "path": "catalog_0.catalog_manifest", "start_index": 0}
    (folder / "catalog_0.catalog_manifest").write_text(json.dumps(lengths), encoding="utf-8")
    state = {"paths": ["catalog_0.catalog"], "current_index": n, "max_len": 1000, "deleted_indexes": list(deleted)}
    text = "[]\n[]\n{}\n{}\n" + json.dumps(state)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    return folder


def lines_of(*numbers: int) -> list[bytes]:
    return [json.dumps(record(number)).encode() for number in numbers]


def steers(recording: Any) -> list[float]:
    return [row.steer for row in recording.rows]


def test_a_tub_is_read_without_what_was_deleted_in_it(tmp_path: Path) -> None:
    recording, log = imported("tub", tub(tmp_path / "t", lines_of(*range(12)), deleted=(2, 3, 99)))
    assert steers(recording) == [steer_of(n) for n in range(12) if n not in {2, 3}]
    assert log.left_out == {"deleted in the tub": ["record 2", "record 3"]}
    assert [(row.throttle, row.brake) for row in recording.rows[:2]] == [(0.5, 0.0), (0.0, 0.25)]
    assert "line lengths do not agree" in " ".join(log.notes)


def test_nul_runs_and_two_records_in_a_line_cost_only_what_is_damaged(tmp_path: Path) -> None:
    zero, one, two, three, four, five = lines_of(*range(6))
    lines = [bytes(40) + zero, one[:50] + two, three + four, five[:60] + bytes(20) + five[80:], bytes(100)]
    recording, log = imported("tub", tub(tmp_path / "t", lines))
    assert steers(recording) == [steer_of(n) for n in (0, 2, 3, 4)]
    assert [where[-6:] for where in log.left_out["damaged record"]] == ["line 2", "line 4", "line 5"]


def test_a_tub_without_its_manifest_is_read_from_its_catalogs(tmp_path: Path) -> None:
    folder = tub(tmp_path / "t", lines_of(0, 1, 2))
    (folder / "manifest.json").write_bytes(bytes(300))
    recording, log = imported("tub", folder)
    assert len(recording.rows) == 3
    assert any("manifest.json is missing or damaged" in note for note in log.notes)


def test_a_catalog_that_is_missing_is_told_and_one_that_is_not_named_is_read(tmp_path: Path) -> None:
    folder = tub(tmp_path / "t", lines_of(0, 1))
    (folder / "catalog_0.catalog").rename(folder / "catalog_1.catalog")
    recording, log = imported("tub", folder)
    assert len(recording.rows) == 2
    assert log.left_out == {"the catalog is missing": ["catalog_0.catalog"]}


def test_catalogs_follow_one_another_by_number(tmp_path: Path) -> None:
    exported("tub", tmp_path / "t", 3)
    (tmp_path / "t" / "manifest.json").unlink()
    folder = tmp_path / "t"
    first, second, third = (folder / "catalog_0.catalog").read_bytes().splitlines(keepends=True)
    for number, line in ((2, first), (9, second), (10, third)):
        (folder / f"catalog_{number}.catalog").write_bytes(line)
    (folder / "catalog_0.catalog").unlink()
    recording, _ = imported("tub", folder)
    assert [row.frame for row in recording.rows] == [0, 1, 2]


def test_more_than_a_thousand_rows_make_two_catalogs(tmp_path: Path) -> None:
    exported("tub", tmp_path / "t", 1003)
    folder = tmp_path / "t"
    assert (folder / "catalog_1.catalog").read_bytes().count(b"\n") == 3
    told = json.loads((folder / "catalog_1.catalog_manifest").read_text(encoding="utf-8"))
    assert told["start_index"] == 1000
    assert sum(told["line_lengths"]) == (folder / "catalog_1.catalog").stat().st_size
    *_, state = (folder / "manifest.json").read_text(encoding="utf-8").splitlines()
    assert json.loads(state)["current_index"] == 1003


@pytest.mark.parametrize("key", ["steering", "user/steering"])
def test_other_keys_are_known_and_any_can_be_named(tmp_path: Path, key: str) -> None:
    other = [{"_index": n, key: steer_of(n), "throttle": 0.5, "image": f"{n}_cam_image_array_.jpg"} for n in (0, 1)]
    folder = tub(tmp_path / "t", [json.dumps(one).encode() for one in other])
    recording, log = imported("tub", folder)
    assert steers(recording) == [steer_of(0), steer_of(1)]
    assert [row.time for row in recording.rows] == [0.0, 0.05]
    assert any("do not tell their time" in note for note in log.notes)


def test_what_the_pilot_steered_is_no_example_of_a_person(tmp_path: Path) -> None:
    lines = [json.dumps(record(n, **({"user/mode": "local"} if n == 1 else {}))).encode() for n in range(3)]
    recording, log = imported("tub", tub(tmp_path / "t", lines))
    assert steers(recording) == [steer_of(0), steer_of(2)]
    assert log.left_out == {"the pilot steered, not the person": ["record 1"]}


def test_a_picture_that_was_named_is_taken_and_no_other(tmp_path: Path) -> None:
    lines = [json.dumps(record(n, other=f"{n + 6}_cam_image_array_.jpg")).encode() for n in range(3)]
    folder = tub(tmp_path / "t", lines)
    recording, _ = imported("tub", folder, Reading(picture="other"))
    source = (folder / "images" / "6_cam_image_array_.jpg").read_bytes()
    assert (recording.folder / recording.rows[0].center).read_bytes() == source
    with pytest.raises(AlvinnError, match=r"no column otter: did you mean other[?] .*with --picture"):
        imported("tub", folder, Reading(picture="otter"))
    with pytest.raises(AlvinnError, match="3 x no picture is named"):
        imported("tub", folder, Reading(picture="user/angle"))


def test_a_renamed_angle_is_an_error_that_lists_the_keys(tmp_path: Path) -> None:
    lines = [json.dumps({"_index": n, "wheel": 0.1, "user/throttle": 0.0}).encode() for n in range(3)]
    with pytest.raises(AlvinnError, match=r"no steering in the records.*_index, user/throttle, wheel"):
        imported("tub", tub(tmp_path / "t", lines))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 300)), max_size=4), st.integers(0, 2000))
def test_a_catalog_with_nul_runs_and_a_torn_end_gives_true_steering_or_an_error(
    holes: list[tuple[int, int]], end: int
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = tub(Path(scratch) / "t", lines_of(*range(10)), n=10)
        path = folder / "catalog_0.catalog"
        data = bytearray(path.read_bytes())
        for at, length in holes:
            data[at : at + length] = bytes(len(data[at : at + length]))
        path.write_bytes(bytes(data[: len(data) - end]))
        try:
            recording, _ = imported("tub", folder)
        except AlvinnError:
            return
        assert [row.steer for row in recording.rows] == [steer_of(row.frame) for row in recording.rows]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        key: JSON | value
        for key, value in {
            "_index": st.integers(0, 3),
            "user/angle": st.floats(-1.0, 1.0),
            "user/throttle": st.just(10**400),
            "user/mode": st.just("user"),
            "cam/image_array": st.just("0_cam_image_array_.jpg"),
            "_timestamp_ms": st.integers(),
        }.items()
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS.map(lambda one: json.dumps(one).encode()) | st.binary(max_size=60), max_size=5), JSON)
def test_no_tub_whatever_ends_in_a_traceback(lines: list[bytes], state: Any) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = tub(Path(scratch) / "t", lines, n=1)
        (folder / "manifest.json").write_text("{}\n" * 4 + json.dumps(state), encoding="utf-8")
        try:
            recording, log = imported("tub", folder)
        except AlvinnError:
            return
        assert log.rows == len(recording.rows) > 0


def test_a_tub_of_version_1_is_named_with_the_way_out(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"record_{number}.json").write_text("{}", encoding="utf-8")
    with pytest.raises(AlvinnError, match=r"a tub of version 1 \(3 files record_N.json\).*convert_to_tub_v2.py --tub"):
        imported("tub", tmp_path)


def test_an_emptied_tub_says_that_it_is_empty(tmp_path: Path) -> None:
    with pytest.raises(AlvinnError, match=r"is empty. Its catalogs hold no records"):
        imported("tub", tub(tmp_path / "none", []))
    with pytest.raises(AlvinnError, match=r"is empty. 2 x deleted in the tub, first record 0"):
        imported("tub", tub(tmp_path / "deleted", lines_of(0, 1), deleted=(0, 1)))


def test_the_key_of_the_picture_can_be_named(tmp_path: Path) -> None:
    lines = [json.dumps(record(n, **{"cam/back": f"{n + 1}_cam_image_array_.jpg"})).encode() for n in range(3)]
    recording, _ = imported("tub", tub(tmp_path / "t", lines), Reading(picture="cam/back"))
    assert (recording.folder / recording.rows[1].center).read_bytes() == encode_jpeg(picture(2))


def test_cameras_that_a_tub_has_no_place_for_are_named(tmp_path: Path) -> None:
    recording = drive(tmp_path / "ours", 3, sides=["left"])
    (tmp_path / "out").mkdir()
    write(recording, tmp_path / "out", log := ConversionLog(), lambda: None)
    assert "the left camera: a tub has one camera, 3 pictures stay behind" in log.lost
    assert not any("right" in lost for lost in log.lost)
