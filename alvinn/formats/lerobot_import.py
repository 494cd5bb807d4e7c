"""LeRobotDataset, version 3, in: LeRobot's own names, those of `yaak-ai/L2D-v3`, or others that a person gives.

`meta/info.json` says what the columns are, `meta/episodes` which rows and which stretch of which film an episode has,
`data` holds the rows, `videos` a film a camera.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog, list_columns, require_column
from alvinn.formats.lerobot_info import ROW, Column, Info, Record, read_info
from alvinn.formats.lerobot_names import L2D, LEROBOT, RIGHT_POSITIVE
from alvinn.formats.lerobot_pictures import (
    choose_camera,
    list_tables,
    read_episodes,
    read_filmed,
    read_stored,
    require_films,
)
from alvinn.formats.parquet import read_column_names, read_rows
from alvinn.formats.reading import IN_MPS, Reading, SpeedUnit, SteeringScale, choose_scale
from alvinn.formats.sample import OnRow, Sample, number_or

IN_WORDS: dict[SpeedUnit, str] = {"m/s": "m/s", "km/h": "km/h", "mph": "miles an hour"}
SPEED_WORDS: dict[SpeedUnit, tuple[str, ...]] = {
    "km/h": ("km/h", "kmh", "kph", "km_h"),
    "m/s": ("m/s", "mps", "m_s", "meters_per_second"),
    "mph": ("mph", "miles"),
}
"""A unit -> how it is written in names."""
SPEEDS = ("speed", "velocity")


def read(source: Path, reading: Reading, log: ConversionLog, on_row: OnRow) -> Iterator[Sample]:
    """The rows of a dataset whose picture is there.

    Args:
        source: the dataset's folder.
        reading: what a person says of it.
        log: where it is reported what was left out.
        on_row: called once a row.

    Raises:
        RecordingError: it is no such dataset, its steering is missing or something else, or its sign or the unit of
            its speed is unknown.
    """
    info = read_info(source)
    camera = choose_camera(info, log)
    steer = _find_steering(info, reading)
    scale = _choose_scale(info, steer, reading, log)
    places = {word: _find_column(info.numbers(), (word,)) for word in ("gas", "throttle", "brake")}
    places["speed"] = _find_column(info.numbers(), SPEEDS)
    in_mps = _find_speed_unit(info, places["speed"], reading, log)
    gates = [key for key in info.features if "intervention" in key.lower()]
    wanted = [steer.feature, *gates, *(column.feature for column in places.values() if column is not None)]
    records = _read_records(source, steer.feature, wanted, log)
    scale.check([steer.of(record) for record in records], [column.name for column in info.numbers()])
    episodes = {str(e.get("episode_index")): e for e in read_episodes(source, camera.key)}
    if camera.is_film:
        require_films(source, info, camera.key, episodes, log)
        pictures = read_filmed(source, info, camera.key, records, episodes)
    else:
        pictures = read_stored(source, steer.feature, wanted, camera.key)
    for record, picture in pictures:
        on_row()
        try:
            sample = _make_sample(
                record, picture, scale.of(steer.of(record)) if picture is not None else 0.0, places, in_mps
            )
        except ValueError as error:
            log.leave_out(str(error), f"row {record.get('index')}")
            continue
        yield replace(sample, intervention=any(record.get(gate) in (True, 1, [True], [1]) for gate in gates))


def _find_steering(info: Info, reading: Reading) -> Column:
    numbers = info.numbers()
    names = [column.name for column in numbers]
    if reading.steering is not None:
        return numbers[require_column(reading.steering, names, "--steering")]
    for column in numbers:
        if column.feature.startswith("action") and "steer" in column.name.lower():
            return column
    raise RecordingError(f"there is no steering. {list_columns(names)}")


def _choose_scale(info: Info, steer: Column, reading: Reading, log: ConversionLog) -> SteeringScale:
    feature = info.features[steer.feature]
    known = info.ours or feature.get("sign") == RIGHT_POSITIVE
    if not known and reading.right_positive is None:
        raise RecordingError(
            f"the dataset does not say which way a positive {steer.name} turns: say --right-positive or "
            "--flip-steering (drive a few rows of it with `alvinn replay` to see whether bends are mirrored)"
        )
    units = feature.get("units")
    listed = isinstance(units, list) and steer.element < len(units)
    return choose_scale(steer.name, str(units[steer.element]) if listed else "", reading, log)


def _find_column(columns: Sequence[Column], words: Sequence[str]) -> Column | None:
    states = (LEROBOT.state_key, L2D.state_key)
    usual = (column for column in columns if column.feature in states or column.feature.startswith("action"))
    return next((column for column in usual if any(word in column.name.lower() for word in words)), None)


def _find_speed_unit(info: Info, column: Column | None, reading: Reading, log: ConversionLog) -> float:
    """What 1 of the speed's unit is in m/s.

    Raises:
        RecordingError: nobody says it.
    """
    if column is None:
        log.note("there is no speed in observation.state: the speed is unknown")
        return math.nan
    if reading.speed_unit is not None:
        return IN_MPS[reading.speed_unit]
    feature = info.features[column.feature]
    units = feature.get("units")
    beside = units[column.element] if isinstance(units, list) and column.element < len(units) else units
    said = " ".join(str(word) for word in (column.name, feature.get("unit", ""), beside or "")).lower()
    for unit, words in SPEED_WORDS.items():
        if any(word in said for word in words):
            log.note(f"speeds are {IN_WORDS[unit]}, as {column.feature} says")
            return IN_MPS[unit]
    if info.ours:
        return 1.0
    if column.feature == L2D.state_key:
        log.note("speeds are taken as km/h, as L2D has them: the dataset does not say their unit")
        return IN_MPS["km/h"]
    raise RecordingError(
        f"the dataset does not say the unit of {column.name}: say --speed-unit m/s, km/h or mph, or --speed-unit none "
        "to leave the speed out"
    )


def _read_records(source: Path, steering: str, wanted: Sequence[str], log: ConversionLog) -> list[Record]:
    """All rows of the tables; a damaged table is left out."""
    records: list[Record] = []
    for path in list_tables(source):
        try:
            if steering not in (found := read_column_names(path)):
                raise RecordingError(f"{path} has no {steering}. {list_columns(found)}")
            records += read_rows(path, list(dict.fromkeys([*ROW, *wanted])))
        except RecordingError as error:
            log.leave_out("a table is damaged or lacks its columns", str(error))
    if not records:
        raise RecordingError(f"{source} has no rows. {log.summarize_reasons()}")
    return records


def _make_sample(
    record: Record, jpeg: bytes | None, steer: float, places: Mapping[str, Column | None], in_mps: float
) -> Sample:
    """Raises ValueError, which says why the row is left out."""
    if jpeg is None:
        raise ValueError("its picture is missing or damaged")

    def value_of(*words: str) -> object:
        return next((column.of(record) for word in words if (column := places[word])), None)

    return Sample(
        number=int(number_or(0.0, record.get("index"))),
        jpeg=jpeg,
        steer=steer,
        time=number_or(math.nan, record.get("timestamp")),
        throttle=number_or(0.0, value_of("gas", "throttle"), 0.0, 1.0),
        brake=number_or(0.0, value_of("brake"), 0.0, 1.0),
        speed=number_or(math.nan, value_of("speed"), 0.0, 1e3) * in_mps,
        drive=str(record.get("episode_index")),
    )
