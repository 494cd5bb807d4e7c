"""`python -m sim` as a person or a parent process meets it."""

from __future__ import annotations

import gc
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import msgpack
import psutil
import pytest

from sim import cli
from sim.roads import opendrive
from sim.server.connections import StartError
from tests.platforms import posix

SIM = [sys.executable, "-m", "sim"]

# A parent that starts a server as the learner does, tells its process id and port, and waits.
PARENT = """
import subprocess, sys
server = subprocess.Popen(
    [sys.executable, "-m", "sim", "--port", "0", "--map", "oval", "--exit-with-parent"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(server.pid, server.stdout.readline().split()[2], flush=True)
input()
"""


def started(*arguments: str, stdin: int | None = subprocess.DEVNULL) -> subprocess.Popen[str]:
    return started_on_port(*arguments, stdin=stdin)[0]


def started_on_port(*arguments: str, stdin: int | None = subprocess.DEVNULL) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [*SIM, "--port", "0", "--map", "oval", *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    found = re.fullmatch(r"listening on 127\.0\.0\.1:(\d+) map oval\n", process.stdout.readline())
    assert found is not None, process.communicate()[1]
    return process, int(found[1])


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    with process:
        out, err = process.communicate(timeout=20)
    return process.returncode, out, err


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly_with_status_0(number: signal.Signals) -> None:
    process = started()
    process.send_signal(number)
    assert ended(process) == (0, "", "")


@posix
def test_a_signal_ends_it_while_clients_are_connected_too() -> None:
    process, port = started_on_port(stdin=subprocess.PIPE)
    with socket.create_connection(("127.0.0.1", port)):
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "", "")


@posix
def test_a_signal_ends_it_while_a_map_is_read_too() -> None:
    """The process that reads is stopped, so that it never ends by itself."""
    process, port = started_on_port()
    server = psutil.Process(process.pid)
    text = opendrive.load("oval")[1]
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(msgpack.packb([0, 1, "copy_opendrive_to_file", [[False], text, []]]))
        client.sendall(msgpack.packb([0, 2, "load_new_episode", [[False], "OpenDriveMap", True, 0]]))
        while not (readers := [child for child in server.children() if "--multiprocessing-fork" in child.cmdline()]):
            pass
        readers[0].suspend()
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (0, "", "")
        assert psutil.wait_procs(readers, timeout=10)[1] == []


def test_it_ends_when_the_parent_closes_its_pipe() -> None:
    process = started("--exit-with-parent", stdin=subprocess.PIPE)
    assert ended(process) == (0, "", "")


@posix
def test_ctrl_c_is_left_to_the_parent() -> None:
    process = started("--exit-with-parent", stdin=subprocess.PIPE)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1.0)
    assert ended(process) == (0, "", "")


def parent_and_server() -> tuple[subprocess.Popen[str], psutil.Process]:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline().split()[0])
    return parent, psutil.Process(pid)


def test_it_ends_when_its_parent_is_killed_outright() -> None:
    parent, server = parent_and_server()
    assert server.is_running()
    with parent:
        parent.kill()
    server.wait(timeout=10)
    assert not server.is_running()


@posix
def test_it_ends_with_its_parent_even_if_somebody_else_holds_the_pipe() -> None:
    read_end, write_end = os.pipe()
    script = PARENT.replace("stdin=subprocess.PIPE", f"stdin={read_end}")
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=[read_end]
    )
    try:
        assert parent.stdout is not None
        server = psutil.Process(int(parent.stdout.readline().split()[0]))
        with parent:
            parent.kill()
        server.wait(timeout=10)
        assert not server.is_running()
    finally:
        os.close(read_end)
        os.close(write_end)


def test_a_port_in_use_is_one_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["--port", str(port), "--map", "oval"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(rf"cannot listen on 127\.0\.0\.1:({port}|{port + 1}) ", err)
    assert "choose another --port" in err
    assert err.count("\n") == 1


def test_a_map_that_is_not_there_is_one_sentence_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--port", "0", "--map", "Town99"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "'Town99'" in err
    assert "oval" in err


def test_a_file_with_the_name_of_a_built_in_map_is_one_sentence_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "oval.xodr"
    path.write_text(opendrive.load("oval")[1], encoding="utf-8")
    assert cli.main(["--port", "0", "--map", str(path)]) == 1
    assert capsys.readouterr() == ("", f"sim: {path} has the name of a built-in map: rename the file\n")


def test_a_file_deep_in_folders_is_named_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "a-folder-with-a-long-name" / "in-another-folder-with-a-long-name" / "town.xodr"
    assert cli.main(["--port", "0", "--map", str(missing)]) == 1
    assert f"the map file {missing} cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "no xml at all", "<html></html>", "<OpenDRIVE></OpenDRIVE>", "<OpenDRIVE>"])
def test_a_file_that_is_no_map_is_one_sentence_and_status_1(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "road.xodr"
    path.write_text(text)
    assert cli.main(["--port", "0", "--map", str(path)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "road.xodr" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        *((("--port", port), f"--port is {port}, expected 0 (any) to 65534") for port in ("-1", "65535", "70000")),
        *((("--host", host), "--host is empty, expected an address: 127.0.0.1") for host in ("", "  ")),
        (("--seed", "-1"), "--seed is -1, expected 0 or more"),
    ],
)
def test_an_option_out_of_range_is_wrong_usage_in_one_sentence(
    words: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def started(*_: object) -> NoReturn:
        raise StartError("it went on")

    monkeypatch.setattr(cli, "_create_server", started)
    with pytest.raises(SystemExit) as stopped:
        cli.main(words)
    assert stopped.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith(f"sim: {sentence}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("host", ["a..b", "a" * 64])
def test_a_host_that_is_no_name_is_one_sentence_and_status_1(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--port", "0", "--map", "oval", "--host", host]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err == f"sim: --host is {host}, expected an address or the name of a machine\n"


def test_the_collector_rests_during_the_start_and_works_again_after_one_that_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    worked = []

    def failing(_options: cli.ServerOptions) -> NoReturn:
        worked.append(gc.isenabled())
        raise StartError("no")

    monkeypatch.setattr(cli, "_create_server", failing)
    assert cli.main([]) == 1
    assert capsys.readouterr().err == "sim: no\n"
    assert worked == [False]
    assert gc.isenabled()


def test_wrong_usage_is_status_2() -> None:
    for wrong in (["--renderer", "crayon"], ["--port", "many"], ["--unheard-of"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(wrong)
        assert stopped.value.code == 2


def test_a_mistyped_option_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--exit-with-parents"])
    assert stopped.value.code == 2
    assert "there is no option --exit-with-parents; did you mean --exit-with-parent?" in capsys.readouterr().err


def test_help_says_what_every_flag_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    for flag in ("--map", "--maps", "--port", "--host", "--renderer", "--seed", "--exit-with-parent"):
        assert flag in text
