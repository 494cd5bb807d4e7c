"""donkeycar's tub, version 2, in and out.

`manifest.json` holds five lines of JSON, `catalog_N.catalog` one record a line, `images/` the pictures. Cars lose
power while they write: lines hold runs of NUL bytes, two records or half of one, the clock jumps back; the lengths in
`catalog_N.catalog_manifest` are often wrong, so they are not needed here.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from alvinn.errors import RecordingError
from alvinn.formats.conversion_log import ConversionLog, list_columns, require_column
from alvinn.formats.reading import Reading, choose_scale
from alvinn.formats.sample import (
    OnRow,
    OutgoingRow,
    Sample,
    base_name,
    find_lost_facts,
    number_or,
    read_outgoing,
    read_picture,
)
from alvinn.recording import Recording

STEERING = ("user/angle", "user/steering", "steering", "angle", "steer")
THROTTLE = ("user/throttle", "throttle")
PICTURE = "cam/image_array"
INPUTS = {PICTURE: "image_array", "user/angle": "float", "user/throttle": "float", "user/mode": "str"}
SPEED = "enc/speed"  # m/s, of cars with an encoder
CATALOG_LENGTH = 1000
BLANK = "\0 \t\r"
START = datetime(2000, 1, 1, tzinfo=timezone.utc).timestamp()  # recordings have no date: an export begins here

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Manifest:
    paths: tuple[str, ...]
    deleted: frozenset[int]


def read(source: Path, reading: Reading, log: ConversionLog, on_row: OnRow) -> Iterator[Sample]:
    """The records of a tub that a person steered and whose picture is whole.

    Args:
        source: the tub's folder.
        reading: what a person says of it.
        log: where it is reported what was left out.
        on_row: called once a record.

    Raises:
        RecordingError: it is no tub, or the steering is missing or something else.
    """
    manifest = _read_manifest(source, log)
    records = list(_usable_records(_read_records(source, manifest, log), manifest.deleted, log))
    if not records:
        raise RecordingError(f"the tub {source} is empty. {log.summarize_reasons() or 'Its catalogs hold no records'}")
    keys = sorted({key for _, record in records for key in record})
    scale = choose_scale(key := _find_steering(reading.steering, keys), "", reading, log)
    picture = reading.picture and keys[require_column(reading.picture, keys, "--picture")]
    scale.check([record.get(key, "nothing") for _, record in records], keys)
    for where, record in records:
        on_row()
        try:
            yield _make_sample(record, scale.of(record.get(key)), source / "images", picture)
        except ValueError as error:
            log.leave_out(str(error), where)


def _read_manifest(source: Path, log: ConversionLog) -> _Manifest:
    catalogs = sorted((path.name for path in source.glob("*.catalog")), key=lambda n: (len(n), n))
    if not catalogs and (old := sum(1 for _ in source.glob("record_*.json"))):
        raise RecordingError(
            f"{source} is a tub of version 1 ({old} files record_N.json), this program reads version 2: donkeycar's "
            f"scripts/convert_to_tub_v2.py --tub {source} --output NEW converts it"
        )
    if not catalogs:
        raise RecordingError(f"{source} holds no catalog: it is not a tub (version 2) of donkeycar")
    try:
        last = json.loads((source / "manifest.json").read_bytes().replace(b"\0", b"").splitlines()[4])
        paths, deleted = [base_name(str(path)) for path in last["paths"]], frozenset(map(int, last["deleted_indexes"]))
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        log.note("manifest.json is missing or damaged: every catalog is read, which records were deleted is unknown")
        return _Manifest(tuple(catalogs), frozenset())
    if more := [name for name in catalogs if name not in paths]:
        log.note(f"catalogs that manifest.json does not name are read too: {', '.join(more)}")
    return _Manifest((*paths, *more), deleted)


def _read_records(source: Path, manifest: _Manifest, log: ConversionLog) -> Iterator[tuple[str, Record]]:
    """(where it stands, record)."""
    for name in manifest.paths:
        try:
            lines = (source / name).read_bytes().split(b"\n")
        except (OSError, ValueError):
            log.leave_out("the catalog is missing", name)
            continue
        _compare_lengths(source / f"{name}_manifest", lines, log)
        for line, data in enumerate(lines, start=1):
            where = f"{name}, line {line}"
            for record in _parse_line(data, lambda where=where: log.leave_out("damaged record", where)):  # type: ignore[misc] # the default binds
                yield where, record


def _parse_line(data: bytes, damaged: Callable[[], None]) -> Iterator[Record]:
    """The whole records of a line, in whatever they are embedded."""
    text = data.decode("utf-8", errors="replace")
    if "\0" in text and not text.strip(BLANK):
        damaged()
    decoder, at = json.JSONDecoder(), _skip_blanks(text, 0)
    while at < len(text):
        try:
            found, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            damaged()
            begin = text.find('{"', at + 1)
            at = begin if begin >= 0 else len(text)
            continue
        if isinstance(found, dict):
            yield found
        else:
            damaged()
        at = _skip_blanks(text, at)


def _skip_blanks(text: str, at: int) -> int:
    """Where the next record begins; NUL within one would be a damage that JSON itself finds."""
    return len(text) - len(text[at:].lstrip(BLANK))


def _compare_lengths(path: Path, lines: Sequence[bytes], log: ConversionLog) -> None:
    try:
        told = json.loads(path.read_bytes())["line_lengths"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return
    if told != [len(line) + 1 for line in lines if line]:
        log.note(f"{path.name}: the line lengths do not agree with the catalog, which is read as it is")


def _usable_records(
    records: Iterator[tuple[str, Record]], deleted: frozenset[int], log: ConversionLog
) -> Iterator[tuple[str, Record]]:
    seen: set[int] = set()
    for where, record in records:
        index = record.get("_index")
        if not isinstance(index, int):
            log.leave_out("a record without _index", where)
        elif index in deleted:
            log.leave_out("deleted in the tub", f"record {index}")
        elif index in seen:
            log.leave_out("a second record of that index", f"record {index}")
        elif _pilot_steers(record):
            log.leave_out("the pilot steered, not the person", f"record {index}")
        else:
            seen.add(index)
            yield f"record {index}", record


def _pilot_steers(record: Record) -> bool:
    return record.get("user/mode", "user") not in ("user", "")


def _find_steering(steering: str | None, keys: Sequence[str]) -> str:
    if steering is not None:
        return keys[require_column(steering, keys, "--steering")]
    found = [key for key in STEERING if key in keys]
    if not found:
        raise RecordingError(f"there is no steering in the records. {list_columns(keys)}")
    return found[0]


def _make_sample(record: Record, steer: float, images: Path, picture: str | None) -> Sample:
    """Raises ValueError, which says why the record is left out."""
    gas = number_or(0.0, next((record[name] for name in THROTTLE if name in record), 0.0), -1.0, 1.0)
    return Sample(
        number=record["_index"],
        jpeg=read_picture(images, _find_picture(record, picture)),
        steer=steer,
        time=number_or(math.nan, record.get("_timestamp_ms"), 0.0, 1e15) / 1000.0,
        throttle=max(0.0, gas),
        brake=max(0.0, -gas),
        speed=number_or(math.nan, record.get(SPEED), 0.0, 1e3),
        drive=str(record.get("_session_id", "")),
    )


def _find_picture(record: Mapping[str, Any], key: str | None) -> str:
    named = record.get(key or PICTURE)
    if key is None and not isinstance(named, str):
        pictures = (v for v in record.values() if isinstance(v, str) and v.lower().endswith((".jpg", ".jpeg", ".png")))
        named = next(pictures, "")
    return base_name(named) if isinstance(named, str) else ""


def write(recording: Recording, folder: Path, log: ConversionLog, on_row: OnRow) -> None:
    """Write a recording as a tub.

    Raises:
        AlvinnError: nothing of it could be read.
    """
    (folder / "images").mkdir(parents=True)
    lines: list[bytes] = []
    for kept in read_outgoing(recording, log, on_row):
        record = _make_record(kept)
        (folder / "images" / record[PICTURE]).write_bytes(kept.jpeg)
        lines.append(json.dumps(record, allow_nan=False, sort_keys=True).encode() + b"\n")
    paths = [_write_catalog(folder, lines, first) for first in range(0, len(lines), CATALOG_LENGTH)]
    _write_manifest(folder, recording, paths, len(lines))
    facts = {
        "brake and throttle at once (one number holds both)": any(r.brake and r.throttle for r in recording.rows),
        "corrections": any(row.correction for row in recording.rows),
    }
    for camera in ("left", "right", "depth", "segmentation"):
        if count := sum(bool(getattr(row, camera)) for row in recording.rows):
            log.lost.append(f"the {camera} camera: a tub has one camera, {count} pictures stay behind")
    log.lost += find_lost_facts(recording, "time below a millisecond", *(f for f, there in facts.items() if there))


def _make_record(kept: OutgoingRow) -> Record:
    row = kept.row
    record = {
        "_index": kept.index,
        "_session_id": f"00-01-01_{kept.segment}",
        "_timestamp_ms": round((START + kept.time) * 1000.0),
        PICTURE: f"{kept.index}_cam_image_array_.jpg",
        "user/angle": row.steer_meant,
        "user/throttle": row.throttle - row.brake,
        "user/mode": "user",
    }
    return record if math.isnan(row.speed) else record | {SPEED: row.speed}


def _write_catalog(folder: Path, lines: Sequence[bytes], first: int) -> str:
    name = f"catalog_{first // CATALOG_LENGTH}.catalog"
    part = lines[first : first + CATALOG_LENGTH]
    (folder / name).write_bytes(b"".join(part))
    told = {"created_at": START, "line_lengths": list(map(len, part)), "path": f"{name}_manifest", "start_index": first}
    (folder / f"{name}_manifest").write_text(json.dumps(told) + "\n", encoding="utf-8")
    return name


def _write_manifest(folder: Path, recording: Recording, paths: Sequence[str], count: int) -> None:
    speeds = {SPEED: "float"} if any(not math.isnan(row.speed) for row in recording.rows) else {}
    inputs = INPUTS | speeds
    sessions = {"last_id": 0, "all_full_ids": []}
    state = {"paths": paths, "current_index": count, "max_len": CATALOG_LENGTH, "deleted_indexes": []}
    content = [list(inputs), list(inputs.values()), {}, {"created_at": START, "sessions": sessions}, state]
    text = "".join(json.dumps(line) + "\n" for line in content)
    (folder / "manifest.json").write_text(text, encoding="utf-8")
