"""`convert`: imports recordings of other programs and exports ours."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, Protocol

import tyro
from rich.table import Table
from rich.text import Text

from alvinn.console import CONSOLE, print_next, progress
from alvinn.driving.steering import VehicleGeometry
from alvinn.driving.types import Camera
from alvinn.errors import AlvinnError, UsageError
from alvinn.formats import importer, lerobot_export, lerobot_import, tub, udacity
from alvinn.formats.conversion_log import ConversionLog
from alvinn.formats.importer import Source
from alvinn.formats.reading import Reading, SpeedUnit
from alvinn.formats.sample import OnRow, Sample
from alvinn.recording import Recording
from alvinn.recording.summary import open_recording
from alvinn.recording.writer import is_free, require_only_a_recording
from alvinn.settings import CameraFlags, Home, require_above_zero
from alvinn.util.files import atomic_folder, require_space
from alvinn.util.nearest import find_nearest

Format = Literal["alvinn", "udacity", "tub", "lerobot"]
CAR_WIDTH = 2.0  # m: nothing in an import depends on it
EXAMPLES = 3  # rows that are named for each reason


class Reader(Protocol):
    """Reads a foreign recording; called once per import."""

    def __call__(self, source: Path, reading: Reading, log: ConversionLog, on_row: OnRow) -> Iterator[Sample]:
        """The rows, in order."""


Writer = Callable[[Recording, Path, ConversionLog, OnRow], None]

IMPORT_FLAGS = ("steering", "picture", "flip_steering", "right_positive", "speed_unit", "vehicle", "camera")
USED: dict[tuple[str, str], tuple[str, ...]] = {
    ("import from", "udacity"): tuple(flag for flag in IMPORT_FLAGS if flag != "speed_unit"),  # the format's are mph
    ("import from", "tub"): tuple(flag for flag in IMPORT_FLAGS if flag != "speed_unit"),  # and here m/s
    ("import from", "lerobot"): tuple(flag for flag in IMPORT_FLAGS if flag != "picture"),
    ("export to", "udacity"): ("header",),
    ("export to", "tub"): (),
    ("export to", "lerobot"): ("l2d_names",),
}
"""The options that a direction and a format use; another would be ignored."""
READERS: dict[str, Reader] = {"udacity": udacity.read, "tub": tub.read, "lerobot": lerobot_import.read}
SOURCES = {
    "udacity": "driving_log.csv, or the folder that holds it",
    "tub": "the folder of a tub, with its manifest.json",
    "lerobot": "the folder of a dataset, with its meta/info.json",
}
"""What is to be given of a foreign recording."""
WRITERS: dict[str, Writer] = {"udacity": udacity.write, "tub": tub.write, "lerobot": lerobot_export.write}

UDACITY_CAR = VehicleGeometry(2.67, math.radians(25.0), steering_curve=(), width=CAR_WIDTH)
"""The car of the Udacity simulator."""


@dataclass(frozen=True)
class VehicleFlags:
    """The car of an import. By default that of the Udacity simulator, or the one stated in an export of ours."""

    wheelbase: float | None = None
    """wheelbase [m] (default 2.67; a model car is treated as a full-sized car of its shape)"""
    max_wheel_angle: float | None = None
    """front wheel angle at steering 1 [degrees] (default 25)"""

    def __post_init__(self) -> None:
        require_above_zero("--vehicle.wheelbase", self.wheelbase)
        require_above_zero("--vehicle.max-wheel-angle", self.max_wheel_angle)
        if self.max_wheel_angle is not None and self.max_wheel_angle >= 90.0:
            raise ValueError(f"--vehicle.max-wheel-angle must be below 90 degrees, not {self.max_wheel_angle}")

    @property
    def given(self) -> bool:
        """Whether any flag of the car is given."""
        return self.wheelbase is not None or self.max_wheel_angle is not None

    def on(self, vehicle: VehicleGeometry) -> VehicleGeometry:
        """A car with the given figures replaced."""
        angle = vehicle.max_wheel_angle if self.max_wheel_angle is None else math.radians(self.max_wheel_angle)
        return replace(vehicle, wheelbase=self.wheelbase or vehicle.wheelbase, max_wheel_angle=angle)


@dataclass(frozen=True)
class Convert(Home):
    """Import a recording of another program, or export one of ours."""

    src: tyro.conf.Positional[str] = ""
    """source: a folder, or a recording of ours"""
    dst: tyro.conf.Positional[str] = ""
    """target: a recording of ours, or a folder"""
    source_format: Annotated[Format, tyro.conf.arg(name="from")] = "alvinn"
    """the format of SRC"""
    target_format: Annotated[Format, tyro.conf.arg(name="to")] = "alvinn"
    """the format of DST"""
    steering: str | None = None
    """import: name of the steering column, if it is not the usual one"""
    picture: str | None = None
    """import from udacity or tub: name of the picture column, if it is not the usual one"""
    flip_steering: bool = False
    """import: positive steering turns left in the source; flip its sign"""
    right_positive: bool = False
    """import: positive steering turns right in the source (lerobot does not state it)"""
    speed_unit: SpeedUnit | None = None
    """import from lerobot: unit of its speeds, where the dataset does not say it"""
    l2d_names: bool = False
    """export to lerobot: columns named as in yaak-ai/L2D-v3, speeds in km/h"""
    header: bool = False
    """export to udacity: write column names in the first line"""
    overwrite: bool = False
    """replace an earlier result"""
    vehicle: VehicleFlags = field(default_factory=VehicleFlags)
    """import: the car"""
    camera: CameraFlags = field(default_factory=CameraFlags)
    """import: the camera, if known (fov, x, y, z, pitch); shifted views require it"""

    def __post_init__(self) -> None:
        if self.flip_steering and self.right_positive:
            raise ValueError("--flip-steering and --right-positive contradict each other: leave one out")
        if self.camera.width is not None or self.camera.height is not None:
            raise ValueError("--camera.width and --camera.height come from the pictures: leave them out")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: it cannot be done.
        """
        if not self.src or not self.dst:
            raise UsageError("convert requires two folders: alvinn convert SRC DST --from udacity")
        if (self.source_format == "alvinn") == (self.target_format == "alvinn"):
            raise UsageError(
                f"convert imports or exports recordings of ours; it cannot convert from {self.source_format} to "
                f"{self.target_format}: say --from or --to, or convert twice"
            )
        self._refuse_what_is_not_used()
        log = ConversionLog()
        target = convert(self, log)
        CONSOLE.print(tabulate_log(log))
        CONSOLE.print(f"{log.rows} rows are in {target}")
        if self.target_format == "alvinn":
            print_next("train", self.choose_model_name(self.dst), "--data", self.dst, home=self.home)

    def _refuse_what_is_not_used(self) -> None:
        foreign = self.target_format if self.source_format == "alvinn" else self.source_format
        direction = "export to" if self.source_format == "alvinn" else "import from"
        usual, used = Convert(), USED[direction, foreign]
        for flag in (*IMPORT_FLAGS, "l2d_names", "header"):
            if flag not in used and getattr(self, flag) != getattr(usual, flag):
                name = flag.replace("_", "-")
                raise UsageError(f"--{name} has no meaning for an {direction} {foreign}: leave it out")


def convert(job: Convert, log: ConversionLog) -> Path:
    """Convert a recording; returns the target, complete or not at all.

    Raises:
        AlvinnError: it cannot be done.
    """
    with progress() as bars:
        task = bars.add_task("convert", total=None, note="")

        def on_row() -> None:
            bars.advance(task)

        if job.target_format == "alvinn":
            target = job.recording_folder(job.dst)
            with _create_folder(target, job) as folder:
                _import(job, folder, log, on_row)
            return target
        recording = open_recording(job.recording_folder(job.src))
        bars.update(task, total=len(recording.rows))
        if job.target_format != "lerobot":  # whose films are smaller than the pictures
            pictures = sum(path.stat().st_size for path in (recording.folder / "frames").glob("*"))
            require_space(Path(job.dst), pictures, f"a copy of {recording.folder}")
        with _create_folder(Path(job.dst), job) as folder:
            _choose_writer(job)(recording, folder, log, on_row)
            shutil.copyfile(recording.folder / "session.json", folder / "session.json")
        return Path(job.dst)


def _choose_writer(job: Convert) -> Writer:
    """The writer of the target format, with the job's options."""
    if job.target_format == "lerobot":
        return partial(lerobot_export.write, l2d_names=job.l2d_names)
    if job.target_format == "udacity":
        return partial(udacity.write, header=job.header)
    return WRITERS[job.target_format]


def _import(job: Convert, folder: Path, log: ConversionLog, on_row: OnRow) -> None:
    path = Path(job.src)
    if not path.exists():
        near = find_nearest(path.name, (other.name for other in path.parent.glob("*")))
        hint = f"; did you mean {path.with_name(near)}?" if near else ""
        raise AlvinnError(f"there is no {path}: --from {job.source_format} reads {SOURCES[job.source_format]}{hint}")
    told = importer.read_session_beside(path if path.is_dir() else path.parent, log)
    vehicle, camera = told if told is not None else (UDACITY_CAR, None)
    if job.vehicle.given:
        vehicle = job.vehicle.on(vehicle)
        log.note("what --vehicle says takes the place of what was known of the car")
    source = Source(job.source_format, vehicle, _choose_camera(job.camera, camera))
    angle = math.degrees(vehicle.max_wheel_angle)
    log.note(f"curvature is that of a car of {vehicle.wheelbase:g} m wheelbase and {angle:g} degrees at steering 1")
    if source.camera is None:
        log.note("the camera's geometry is unknown: no shifted views in training (--camera.fov and others tell it)")
    reading = Reading(job.steering, job.picture, _read_sign(job), job.speed_unit, vehicle.max_wheel_angle)
    importer.write(READERS[job.source_format](path, reading, log, on_row), source, folder, log)


def _read_sign(job: Convert) -> bool | None:
    return job.right_positive if job.flip_steering or job.right_positive else None


def _choose_camera(flags: CameraFlags, told: Camera | None) -> Camera | None:
    given = any(value is not None for value in asdict(flags).values())
    return flags.on(told or Camera()) if given else told


@contextmanager
def _create_folder(target: Path, job: Convert) -> Iterator[Path]:
    """A folder to write in that becomes the target at the end, and leaves nothing after an error."""
    if not is_free(target):
        _require_replaceable(target, job)
    try:
        with atomic_folder(target, overwrite=target.exists()) as scratch:
            yield scratch
    except OSError as error:
        raise AlvinnError(f"{target} could not be written: {error.strerror or error}") from error


def _require_replaceable(target: Path, job: Convert) -> None:
    """See that nothing is replaced but what `convert` or `record` made, and that only if it was said.

    Raises:
        AlvinnError: it would be.
    """
    if not job.overwrite:
        raise AlvinnError(f"{target} is there already: choose another name, or add --overwrite to replace it")
    if not (target / "session.json").is_file():
        raise AlvinnError(
            f"{target} is neither a recording nor an export of one and is not replaced: choose another name"
        )
    require_only_a_recording(target)
    if target.resolve() in {Path(job.src).resolve(), job.recording_folder(job.src).resolve()}:
        raise AlvinnError(f"{target} is what would be read and replaced at once: choose another name")


def tabulate_log(log: ConversionLog) -> Table:
    """Tabulate a conversion log."""
    table = Table("what", "rows", "which", title="conversion", title_justify="left")
    table.add_row("converted", str(log.rows), "")
    for why, rows in log.left_out.items():
        more = "" if len(rows) <= EXAMPLES else ", ..."
        table.add_row(Text(f"left out: {why}"), str(len(rows)), Text(", ".join(rows[:EXAMPLES]) + more))
    for note in log.notes:
        table.add_row(Text(note), "", "")
    for what, count in log.counts.items():
        table.add_row(Text(what), str(count), "")
    for lost in log.lost:
        table.add_row(Text(f"the format cannot hold: {lost}"), "", "")
    return table
