"""The stages of a round: drive, train, evaluate. Each skips work that is already on disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from alvinn.cockpit.display.window import Window
from alvinn.cockpit.live_drive import open_device
from alvinn.console import CONSOLE, progress
from alvinn.dagger.corrections import TakeOver
from alvinn.dagger.ledger import Entry, RoundRecord, plan_rollouts, read_round, write_round
from alvinn.dagger.rollouts import drive_rollout, find_still_failing
from alvinn.dagger.settings import RoundSettings
from alvinn.dagger.teachers import ExpertTeacher, HumanTeacher, Student, Teacher
from alvinn.drivers.gates import decay_beta, estimate_threshold, fit_threshold
from alvinn.errors import AlvinnError, MixedError, ModelError
from alvinn.evaluation.laps import drive_laps
from alvinn.evaluation.settings import LapSettings
from alvinn.metrics.referee import Result
from alvinn.networks.doubt import Doubt, make_doubt, make_ensemble_doubt
from alvinn.networks.inference import Network
from alvinn.recording import Recording, RecordingWriter, make_session, name_lane
from alvinn.recording.exclusions import Range, read_left_out, write_left_out
from alvinn.training.examples.attempts import select_used
from alvinn.training.model_folder import is_trained, is_unfinished
from alvinn.training.run import TrainSettings, train
from alvinn.util.files import write_bytes
from alvinn.world.carla_world import CarlaWorld
from alvinn.world.embedded_server import KeptServer

CUT_SHORT = "of a rollout that was cut short"
BUDGET = 0.2  # share of what a network learned from that a doubt gate may ask in, until a person's take-overs tell


def drive_round(job: RoundSettings, number: int) -> RoundRecord:
    """Drive the remaining rollouts of a round, each with the newest trained network.

    Raises:
        AlvinnError: server, map or window is not available, or the person left.
    """
    if not number:
        return RoundRecord(0, job.gate, job.expert)
    folder = job.recording(number)
    rollouts = plan_rollouts(job.circuits(), number, job.round_seconds, job.seed, job.starting_points())
    newest = _newest_trained(job, number)
    student = _load_student(job, newest)
    driven = read_round(folder) or _new_record(job, number, student)
    leave_out_surplus(folder, driven.rows)
    with KeptServer() as server, _open_teacher(job) as teacher, progress() as bars:
        task = bars.add_task(f"round {number}", total=len(rollouts), completed=len(driven.rollouts), note="")
        for rollout in rollouts[len(driven.rollouts) :]:
            if _newest_trained(job, number) != newest:
                newest = _newest_trained(job, number)
                student = _load_student(job, newest)
            write = _writer_factory(job, folder, student.network, teacher.device)
            before, driven = driven, drive_rollout(job, rollout, driven, student, teacher, server, write)
            write_round(folder, driven)
            if teacher.has_left() and len(driven.rollouts) < len(rollouts):
                done = f"{len(driven.rollouts)} of {len(rollouts)} rollouts"
                raise AlvinnError(f"round {number} was ended after {done}: run the same command to drive the rest")
            seconds = driven.seconds - before.seconds
            if seconds < rollout.seconds - 1.0 and not teacher.has_left():
                lane = name_lane(rollout.map, rollout.direction, rollout.start)
                bars.console.print(f"{lane}: {seconds:.0f} of {rollout.seconds:.0f} s, as its lane ends there")
            bars.update(task, completed=len(driven.rollouts), note=f"{driven.corrections} corrections")
    return driven


def leave_out_surplus(folder: Path, rows: int | None) -> None:
    """Exclude what a rollout had written before it was cut short, by a full disk or Ctrl-C: it is driven again.

    Args:
        folder: of a round's recording.
        rows: of the whole rollouts; None if that is not known.
    """
    if rows is not None and (folder / "session.json").is_file():
        written = len(Recording(folder).rows)
        if written > rows:
            write_left_out(folder, (*read_left_out(folder), Range(rows, written - 1, CUT_SHORT)))


def require_teacher(job: RoundSettings) -> None:
    """See that a person who is to teach has a window and their device, before anything is trained.

    Raises:
        AlvinnError: no window can be opened, or the device is not plugged in.
    """
    with _open_teacher(job):
        pass


@contextmanager
def _open_teacher(job: RoundSettings) -> Iterator[Teacher]:
    """Open the teacher of a round; raises as `require_teacher` does."""
    if job.expert == "scripted":
        yield ExpertTeacher()
        return
    with Window("alvinn") as window:
        yield HumanTeacher(window, open_device(job.device, window))


def _newest_trained(job: RoundSettings, number: int) -> int:
    """The last trained round before this one; an earlier one while the previous round is still in training."""
    return next(before for before in reversed(range(number)) if not before or is_trained(job.model(before)))


def _load_student(job: RoundSettings, number: int) -> Student:
    networks = [Network(job.member(number, which)) for which in range(job.members)]
    return Student(
        networks[0], make_ensemble_doubt(networks) if job.members > 1 else make_doubt(networks[0], job.doubt_by)
    )


def _writer_factory(
    job: RoundSettings, folder: Path, network: Network, device: str
) -> Callable[[CarlaWorld], RecordingWriter]:
    return lambda world: _open_writer(job, folder, world, network, device)


def _open_writer(job: RoundSettings, folder: Path, world: CarlaWorld, network: Network, device: str) -> RecordingWriter:
    session = make_session(
        network.card.camera,
        world.geometry,
        world.server,
        driver="expert" if job.expert == "scripted" else job.alias,
        maps=job.circuits(),
        weathers=(job.weather,),
        seed=job.seed,
        cameras=network.card.preprocessing.training_cameras,
        device=device,
    )
    return RecordingWriter(folder, session, append=True, kept="the same command continues what was driven before")


def _new_record(job: RoundSettings, number: int, student: Student) -> RoundRecord:
    """A round before its first rollout, with the parameter of its gate: beta or threshold."""
    record = RoundRecord(number, job.gate, job.expert, rows=0)
    if job.gate == "always":
        return replace(record, setting=decay_beta(number), setting_from="the number of the round")
    if job.gate != "doubt":
        return record
    taken = [one.doubt for one in _take_overs(job, number - 1) if one.doubt is not None and one.is_persons]
    if taken:
        return replace(record, setting=estimate_threshold(taken), setting_from="a person's take-overs")
    threshold = fit_threshold(_doubts_at_home(job, number, student.doubt), BUDGET)
    return replace(record, setting=threshold, setting_from=f"a budget of {BUDGET:.0%} of the frames learned from")


def _doubts_at_home(job: RoundSettings, number: int, doubt: Doubt) -> list[float]:
    """The network's doubts on what it has learned from before round `number`, for a threshold by budget.

    Take-overs that the doubt gate itself asked for tell nothing: all are above its threshold, which could only rise.

    Raises:
        ModelError: its output has no measure of doubt.
    """
    learned = recordings_until(job, number - 1)
    pictures = (recording.read_observation(row) for recording in learned for row in recording.kept_rows()[::10])
    doubts = [found for seen in pictures if (found := doubt(seen)) is not None]
    if not doubts:
        raise ModelError(
            f"one network with --output {job.output} has no measure of doubt: use --output hill or --members 3"
        )
    return doubts


def _take_overs(job: RoundSettings, until: int) -> list[TakeOver]:
    """Take-overs of all rounds up to and including `until`."""
    rounds = (read_round(job.recording(number)) for number in range(1, until + 1))
    return [one for driven in rounds if driven is not None for one in driven.take_overs]


def recordings_until(job: RoundSettings, until: int) -> list[Recording]:
    """All training recordings after round `until`, with the frames to use; rounds without such frames have none."""
    first = [Recording(job.recording_folder(name)).require_frames() for name in job.data]
    rounds = [Recording(job.recording(number)) for number in range(1, until + 1)]
    return select_used(first + rounds, job.use)


def train_round(job: RoundSettings, number: int) -> None:
    """Train the networks of a round that are missing; member 0 last, so that its presence means all are trained.

    Raises:
        KeyboardInterrupt: training was interrupted; its checkpoint remains.
    """
    for which in reversed(range(job.members)):
        folder, before = job.member(number, which), job.member(number - 1, which)
        if is_trained(folder):
            continue
        if number and not select_used([Recording(job.recording(number))], job.use):
            _copy_model(before, folder)
        else:
            _train(job, number, folder, before if number and not job.fresh else None, seed=job.seed + 1000 * which)
        if not is_trained(folder):
            raise KeyboardInterrupt


def _train(job: RoundSettings, number: int, folder: Path, warm: Path | None, seed: int) -> None:
    training = TrainSettings(
        home=job.home,
        name=str(folder.absolute()),
        network=job.network,
        output=job.output,
        views=job.views,
        use=job.use,
        correction_weight=job.correction_weight,
        irre=job.doubt_by == "irre",
        epochs=job.epochs if warm is None else job.more_epochs,
        resume=is_unfinished(folder),
        overwrite=not is_unfinished(folder),
        seed=seed,
    )
    recordings, advice = recordings_until(job, number), "the same command continues"
    try:
        train(training, recordings, warm, advice)
    except MixedError as error:  # rows were excluded meanwhile; what was driven stays
        CONSOLE.print(f"round {number} is trained anew, since its recordings were changed: {error}")
        train(replace(training, resume=False, overwrite=True), recordings, warm, advice)


def _copy_model(model: Path, folder: Path) -> None:
    """Copy a model; its card comes last, since a folder with a card is taken for a whole model."""
    left_out = shutil.ignore_patterns("laps", "member-*", "card.json")
    shutil.copytree(model, folder, ignore=left_out, dirs_exist_ok=True)
    write_bytes(folder / "card.json", (model / "card.json").read_bytes())


def judge_round(job: RoundSettings, number: int, driven: RoundRecord) -> Entry:
    """Drive the evaluation laps of a round and test its network at every take-over so far."""
    results = _drive_judging_laps(job, number)
    take_overs = _take_overs(job, number) if job.retest else []
    failed = _retest(job, number, take_overs)
    return Entry(
        round=number,
        seconds=driven.seconds,
        corrections=driven.corrections - driven.discarded,
        frames=driven.frames,
        switches=driven.switches,
        setting=driven.setting,
        setting_from=driven.setting_from,
        laps=len(results),
        faultless=sum(result.faultless for result in results),
        departures=sum(len(result.trace.departures) for result in results),
        km=round(sum(result.trace.progress[-1] for result in results) / 1000.0, 3),
        tests=len(take_overs),
        still_needs_help=len(failed),
    )


def _drive_judging_laps(job: RoundSettings, number: int) -> list[Result]:
    if not job.judges():
        return []
    laps = LapSettings(
        home=job.home,
        carla=job.carla,
        seed=job.seed,
        weather=job.weather,
        speed=job.speed,
        model=str(job.model(number).absolute()),
        maps=",".join(job.judges()),
        both_directions=True,
        jobs=job.jobs,
        resume=True,
    )
    return drive_laps(laps, laps.open_network(), is_part=True)


def _retest(job: RoundSettings, number: int, take_overs: Sequence[TakeOver]) -> list[TakeOver]:
    if not take_overs:
        return []
    with progress() as bars:
        task = bars.add_task("test take-overs", total=len(take_overs), note="")
        return find_still_failing(job, take_overs, Network(job.model(number)), lambda: bars.advance(task))
