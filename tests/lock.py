"""`make lock`: write requirements.txt, the versions that `make demo` and `make test` install.

pip resolves `pyproject.toml` and its extra `dev` for each supported Python on Linux and Windows; what differs between
them gets a marker. Today's pins are kept where they still fit: to move one, delete its line first.

    python -m tests.lock PYTHON3.10 PYTHON3.11 PYTHON3.12
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.txt"
PYTHONS = ("3.10", "3.11", "3.12")
PLATFORMS = {"linux": "manylinux_2_28_x86_64", "win32": "win_amd64"}
HEAD = """\
# The versions that `make demo` and `make test` install, for Python 3.10 to 3.12 on Linux and Windows.
# Written by `make lock` from pyproject.toml, where each dependency has its reason. To move one, delete its line first.
"""

Target = tuple[str, str]
"""Version of Python, sys.platform."""
TARGETS: tuple[Target, ...] = tuple((python, platform) for platform in PLATFORMS for python in PYTHONS)


def main(interpreters: list[str]) -> None:
    """Resolve for all targets and write the lock."""
    pins: dict[str, dict[Target, str]] = defaultdict(dict)
    for target in TARGETS:
        print("resolving", *target, flush=True)
        for name, version in resolve(interpreters[PYTHONS.index(target[0])], target).items():
            pins[name][target] = version
    LOCK.write_text(HEAD + "\n".join(lines(pins)) + "\n", encoding="utf-8")


def resolve(interpreter: str, target: Target) -> dict[str, str]:
    """Names and versions that a target needs.

    pip evaluates markers for the system it runs on; what only the target's system needs is therefore added by name.
    """
    extra: set[str] = set()
    while True:
        report = _pip(interpreter, target, sorted(extra))
        found = {normal_name(item["metadata"]["name"]): str(item["metadata"]["version"]) for item in report}
        more = {str(need) for need in _needs(report, target) if normal_name(need.name) not in found}
        if more <= extra:
            del found["alvinn"]
            return found
        extra |= more


def normal_name(text: str) -> str:
    return canonicalize_name(text)  # a plain str


def lines(pins: Mapping[str, Mapping[Target, str]]) -> Iterator[str]:
    """The lines of the lock; those of a package that differs between targets carry markers."""
    for name, versions in sorted(pins.items()):
        for version in sorted(set(versions.values())):
            where = {target for target, pinned in versions.items() if pinned == version}
            marker = _marker(where)
            yield f"{name}=={version}" + (f" ; {marker}" if marker else "")


def _marker(where: set[Target]) -> str:
    """A marker that holds on these targets and on no other."""
    if where == set(TARGETS):
        return ""
    pythons = [python for python in PYTHONS if any((python, platform) in where for platform in PLATFORMS)]
    platforms = [platform for platform in PLATFORMS if any((python, platform) in where for python in PYTHONS)]
    if where == {(python, platform) for python in pythons for platform in platforms}:
        parts = [] if len(pythons) == len(PYTHONS) else [_one_of("python_version", pythons)]
        parts += [] if len(platforms) == len(PLATFORMS) else [f'sys_platform == "{platforms[0]}"']
        return " and ".join(parts)
    return " or ".join(f'(python_version == "{p}" and sys_platform == "{s}")' for p, s in sorted(where))


def _one_of(variable: str, values: Iterable[str]) -> str:
    values = list(values)
    first, last = PYTHONS.index(values[0]), PYTHONS.index(values[-1])
    if last == len(PYTHONS) - 1 and len(values) == last - first + 1:
        return f'{variable} >= "{values[0]}"'
    if first == 0 and len(values) == last + 1:
        return f'{variable} <= "{values[-1]}"'
    return " or ".join(f'{variable} == "{value}"' for value in values)


def environment(target: Target) -> dict[str, str]:
    """What the markers of requirements see on a target."""
    python, platform = target
    system, name, machine = {"linux": ("Linux", "posix", "x86_64"), "win32": ("Windows", "nt", "AMD64")}[platform]
    return {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": name,
        "platform_machine": machine,
        "extra": "",
    }


def _needs(report: Iterable[dict[str, Any]], target: Target) -> Iterator[Requirement]:
    """What the packages of a report require on a target."""
    for item in report:
        for text in item["metadata"].get("requires_dist", ()):
            need = Requirement(text)
            extras = item.get("requested_extras") or [""]
            if need.marker is None or any(need.marker.evaluate(environment(target) | {"extra": e}) for e in extras):
                need.marker = None
                yield need


def _pip(interpreter: str, target: Target, extra: list[str]) -> list[dict[str, Any]]:
    python, platform = target
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        command = [interpreter, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
        command += ["--report", str(path), "--constraint", str(LOCK), f"{ROOT}[dev]", *extra]
        if platform != sys.platform:
            command += ["--platform", PLATFORMS[platform], "--python-version", python, "--only-binary=:all:"]
            command += ["--target", folder]
        subprocess.run(command, check=True)
        installed: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["install"]
        return installed


if __name__ == "__main__":
    main(sys.argv[1:])
