from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from alvinn.errors import ServerError
from alvinn.world import embedded_server as module
from alvinn.world.embedded_server import KeptServer, _wait_until_ready, embedded_server
from tests.alvinn.cockpit.desktop import until
from tests.alvinn.fixtures import ROOT
from tests.platforms import posix

PATIENCE = 30.0  # s: how long a busy machine may take to end a process


def answers(host: str, port: int) -> bool:
    with socket.socket() as knock:
        knock.settimeout(5.0)
        return knock.connect_ex((host, port)) == 0


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


def test_the_server_is_there_inside_the_context_and_gone_after_it() -> None:
    before = children()
    with embedded_server("oval", seed=0) as (host, port):
        assert answers(host, port)
        assert len(children() - before) == 1
    assert children() - before == set()
    assert not answers(host, port)


def test_the_server_is_gone_after_an_error_inside_the_context() -> None:
    before = children()

    def fail() -> None:
        with embedded_server("oval", seed=0):
            raise ValueError("the job failed")

    with pytest.raises(ValueError, match="the job failed"):
        fail()
    assert children() - before == set()


@pytest.fixture
def slow_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never becomes ready and notices nothing; whoever waits for its end waits for the test's."""
    monkeypatch.setattr(module, "BOOTSTRAP", "import time; time.sleep(3600)")
    monkeypatch.setattr(module, "STOP_SECONDS", 3600.0)


@pytest.mark.usefixtures("slow_start")
def test_a_start_that_is_cancelled_is_not_waited_for() -> None:
    before = children()
    with (
        pytest.raises(ServerError, match="was cancelled"),
        embedded_server("oval", seed=0, is_cancelled=lambda: bool(children() - before)),
    ):
        pass
    assert children() - before == set()


@pytest.mark.usefixtures("slow_start")
def test_a_start_that_is_interrupted_ends_the_server_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> tuple[str, int]:
        raise KeyboardInterrupt

    before = children()
    monkeypatch.setattr(module, "_wait_until_ready", interrupt)
    with pytest.raises(KeyboardInterrupt), embedded_server("oval", seed=0):
        pass
    assert children() - before == set()


@posix
def test_a_server_that_ends_by_itself_is_told_of() -> None:
    before = children()

    def job() -> None:
        with embedded_server("oval", seed=0):
            (server,) = children() - before
            os.kill(server, signal.SIGKILL)
            os.waitid(os.P_PID, server, os.WEXITED | os.WNOWAIT)
            raise ServerError("no answer")

    with pytest.raises(ServerError, match=r"^no answer \(the embedded server exited with status -9\)$"):
        job()


def test_what_a_running_server_says_is_passed_on_with_its_tracebacks_but_not_what_its_libraries_say(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """By a program in the server's place: a camera that cannot draw is not to be had on demand."""
    trace = ["Traceback (most recent call last):", '  File "track.py", line 1', "ValueError: a fault of ours"]
    said = ["listening on 127.0.0.1:2000 map oval", ":display: a word", "sim: camera 7 stays dark"]
    said += [*trace, ":display: another", "sim: the last"]
    code = "import sys; o, *e = sys.argv[1:]; print(o, flush=True); input(); print(*e, sep='\\n', file=sys.stderr)"
    with subprocess.Popen(
        [sys.executable, "-c", code, *said],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert _wait_until_ready(server) == ("127.0.0.1", 2000)
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.close()
        heard = ""

        def hears() -> bool:
            nonlocal heard
            heard += capfd.readouterr().err
            return "the last" in heard

        until(hears, "its words")
    assert heard.splitlines() == [
        f"the embedded server: {line}" for line in ("camera 7 stays dark", *trace, "the last")
    ]


def test_nothing_that_lies_in_the_current_folder_runs_in_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trap = "raise SystemExit('the current folder was run')"
    for name in ("sim/__init__.py", "sim/__main__.py", "carla.py", "runpy.py", "tyro.py", "numpy.py"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(trap)
    with embedded_server("oval", seed=0) as (host, port):
        assert answers(host, port)


def test_a_server_is_kept_while_map_and_seed_stay_the_same_and_never_two_at_a_time() -> None:
    before = children()
    with KeptServer() as kept:
        first = kept.address("oval", 0)
        assert kept.address("oval", 0) == first
        assert len(children() - before) == 1
        other = kept.address("oval", 1)
        assert other != first
        assert len(children() - before) == 1
        kept.drop()
        assert children() - before == set()
    assert not answers(*other)


@posix
def test_the_server_ends_with_its_parent_even_after_sigkill() -> None:
    code = """
        import psutil
        from alvinn.world.embedded_server import embedded_server
        with embedded_server("oval", seed=0) as (host, port):
            print(psutil.Process().children()[0].pid, flush=True)
            input()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as parent:
        assert parent.stdout is not None
        server = psutil.Process(int(parent.stdout.readline()))
        assert server.is_running()
        parent.send_signal(signal.SIGKILL)
        assert psutil.wait_procs([server], timeout=PATIENCE)[1] == []


def test_a_map_that_is_not_there_is_said_in_one_sentence() -> None:
    before = children()
    with pytest.raises(ServerError, match="no map called 'nowhere'") as refusal, embedded_server("nowhere", seed=0):
        pass
    assert "\n" not in str(refusal.value)
    assert "Traceback" not in str(refusal.value)
    assert children() - before == set()


@pytest.mark.parametrize("text", ["", "<OpenDRIVE>", "<OpenDRIVE/>", "\x00\x01", "<html><body>no road</body></html>"])
def test_a_map_file_that_is_none_is_said_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "road.xodr"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ServerError, match=r"road\.xodr") as refusal, embedded_server(str(path), seed=0):
        pass
    assert "\n" not in str(refusal.value)


def test_it_starts_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with embedded_server("oval", seed=0) as (host, port):
        assert answers(host, port)
