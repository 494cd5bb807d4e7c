"""`doctor`: checks the installation, the devices and the CARLA server."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from rich.table import Table
from rich.text import Text

from alvinn import __version__
from alvinn.console import CONSOLE
from alvinn.errors import AlvinnError, ServerError
from alvinn.util.files import require_replaceable, write_json
from alvinn.util.finding import Finding
from alvinn.util.system_libraries import needed_here

if TYPE_CHECKING:
    import carla  # what is to be checked is imported where it is, so that what is missing can be told

PACKAGES = ("carla", "tensorflow", "ai-edge-litert", "numpy", "opencv-python", "panda3d", "pygame", "av", "plotly")
PYTHON = ((3, 10), (3, 12))


@dataclass(frozen=True)
class Doctor:
    """Check the installation, the devices and the CARLA server."""

    carla: str | None = None
    """HOST:PORT of a running CARLA server (default: check the embedded one)"""
    release: bool = False
    """with --carla: put a server that a killed run left frozen back to asynchronous, and remove its cars and sensors"""

    try_: Annotated[bool, tyro.conf.arg(name="try")] = False
    """with --carla: drive there for 20 s and judge lane, car, pictures and timing; the map stays as it is"""
    report: Path = Path("alvinn-doctor.json")
    """file in which --try writes down what was found, to attach to a report"""
    overwrite: bool = False
    """replace a file that exists (an earlier alvinn-doctor.json is replaced anyway)"""

    def __post_init__(self) -> None:
        if self.carla is not None:
            from alvinn.settings import require_address  # imports NumPy, which may be what is missing

            require_address(self.carla)
        for flag, given in (("--release", self.release), ("--try", self.try_)):
            if given and self.carla is None:
                raise ValueError(f"{flag} requires a server: --carla HOST:PORT")
        if (self.report != Doctor.report or self.overwrite) and not self.try_:
            raise ValueError("--report and --overwrite would do nothing without --try, which writes that file")

    def run(self) -> None:
        """Do the job.

        Raises:
            AlvinnError: something that is needed is missing, or a file would be replaced.
        """
        if self.try_:
            ours = b'"findings": [' if self.report == Doctor.report else None
            require_replaceable(self.report, overwrite=self.overwrite, ours=ours)
            self.report.parent.mkdir(parents=True, exist_ok=True)
        findings = self._check()
        grid = Table("what", "found", "to do")
        for finding in findings:
            todo = Text(finding.remedy, "red") if finding.remedy else Text("-", "green")
            grid.add_row(finding.what, finding.found, todo)
        CONSOLE.print(grid)
        if self.try_:
            write_json(self.report, {"alvinn": __version__, "findings": [asdict(finding) for finding in findings]})
            CONSOLE.print(f"written to {self.report}")
        missing = [finding.remedy for finding in findings if finding.remedy]
        if missing:
            raise AlvinnError("; ".join(missing))

    def _check(self) -> list[Finding]:
        findings = [*check_installation()]
        for what, check in (("devices", check_wheels), ("server", self._server)):
            try:
                findings += check()
            except ImportError as error:
                findings.append(Finding(what, "not checked", f"install what is missing: {error}"))
            except AlvinnError as error:
                findings.append(Finding(what, "not checked", str(error)))
        return findings

    def _server(self) -> Iterator[Finding]:
        from alvinn.evaluation.server_trial import try_server
        from alvinn.settings import SHIPPED, Home
        from alvinn.world.connection import connect, explain_errors
        from alvinn.world.embedded_server import embedded_server
        from alvinn.world.opening import parse_address

        try:
            if self.carla is None:
                with embedded_server("oval", seed=0) as address, connect(*address, embedded=True) as client:
                    yield Finding("embedded server", f"answers as CARLA {client.get_server_version()}")
                return
            with connect(*parse_address(self.carla)) as client, explain_errors("being examined"):
                yield _examine(client, self.carla)
                if self.try_:
                    yield from try_server(parse_address(self.carla), Home().find_model(SHIPPED))
                if self.release:
                    yield Finding("released", f"{release(client)} cars and sensors removed, asynchronous again")
        except ServerError as error:
            yield Finding("server", "no answer", str(error))


def check_wheels() -> Iterator[Finding]:
    """Check which wheels and gamepads are plugged in and calibrated.

    Raises:
        AlvinnError: the calibrations cannot be read.
    """
    from alvinn.cockpit.display.window import list_devices
    from alvinn.controls.profiles import load_profiles, profiles_path

    known = {profile.name for profile in load_profiles(profiles_path()).values()}
    names = list_devices()
    for name in names:
        yield Finding("wheel", f"{name}, {'calibrated' if name in known else 'as guessed: alvinn calibrate asks'}")
    if not names:
        yield Finding("wheel", "none: the keyboard or the mouse steers")


def _examine(client: carla.Client, where: str) -> Finding:
    from alvinn.world.connection import map_name

    world = client.get_world()
    mode = "synchronous" if world.get_settings().synchronous_mode else "asynchronous"
    return Finding(where, f"CARLA {client.get_server_version()}, map {map_name(world)}, {mode}")


def release(client: carla.Client) -> int:
    """Make a server asynchronous again and remove the cars and sensors of ours; returns how many.

    Those are the actors whose `role_name` says so, and the sensors on such cars. What others put there stays.
    """
    from alvinn.world.sensors import is_ours

    world = client.get_world()
    settings = world.get_settings()
    settings.synchronous_mode = False
    settings.fixed_delta_seconds = None
    world.apply_settings(settings)
    actors = list(world.get_actors())
    ours = {actor.id for actor in actors if is_ours(actor)}
    left = [actor for actor in actors if actor.id in ours or (actor.parent is not None and actor.parent.id in ours)]
    left.sort(key=lambda actor: actor.parent is None)  # sensors before the car that they sit on
    return sum(bool(actor.destroy()) for actor in left)


def check_installation() -> Iterator[Finding]:
    """Check Python, packages and system libraries."""
    version = sys.version_info[:2]
    fits = PYTHON[0] <= version <= PYTHON[1]
    yield Finding("Python", platform.python_version(), "" if fits else "use Python 3.10, 3.11 or 3.12")
    for package in PACKAGES:
        try:
            yield Finding(package, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(package, "missing", f"pip install {package}")
    for library in needed_here():
        found = library.is_found()
        yield Finding(library.file, "found" if found else "missing", "" if found else str(library))
