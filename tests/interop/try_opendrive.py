"""`make interop-opendrive`: every built-in map and fifty random circuits, by ASAM's own checker.

    python -m tests.interop.try_opendrive PYTHON

PYTHON is that of an environment with asam-qc-opendrive. The maps are checked as they are, against the schema of
OpenDRIVE 1.4, and with 1.7 in their header: most of the checker's rules on links, lanes and geometry begin there.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from sim.roads.circuits import list_names
from sim.roads.opendrive import load

CHECKER = Path(__file__).with_name("genuine_asam.py")
NAMES = (*list_names(), *(f"random:{seed}" for seed in range(100, 140)), *(f"wild:{seed}" for seed in range(100, 110)))


def main(python: str) -> int:
    """Write the maps and have them checked."""
    failed = 0
    for version in (4, 7):
        with tempfile.TemporaryDirectory() as folder:
            for name in NAMES:
                text = load(name)[1].replace('revMinor="4"', f'revMinor="{version}"', 1)
                (Path(folder) / f"{name.replace(':', '-')}.xodr").write_text(text, encoding="utf-8")
            print(f"OpenDRIVE 1.{version}:", flush=True)
            failed += subprocess.run([python, CHECKER, folder], check=False).returncode
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
