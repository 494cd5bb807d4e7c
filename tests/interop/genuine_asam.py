"""Run by an environment that has asam-qc-opendrive: its rules on OpenDRIVE files, none of our code.

    python genuine_asam.py FOLDER

Prints each rule that a file breaks, then how many files and rules were checked. Exit status 1 where one is broken.
Its one rule on performance calls neighbours redundant whose factors differ by less than 1e-6, as those of a nearly
level road do without being the same: such remarks are printed and break nothing.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from qc_baselib import Configuration, IssueSeverity, Result
from qc_opendrive.constants import BUNDLE_NAME, BUNDLE_VERSION
from qc_opendrive.main import run_checks


def check(path: Path) -> tuple[int, list[str]]:
    """How many rules apply to a file, and what breaks them."""
    config, result = Configuration(), Result()
    config.set_config_param("InputFile", str(path))
    result.register_checker_bundle(name=BUNDLE_NAME, build_date="", description="", version=BUNDLE_VERSION, summary="")
    result.set_result_version(version=BUNDLE_VERSION)
    run_checks(config, result)
    checkers = result.get_checker_results(BUNDLE_NAME)
    applied = sum(checker.status == "completed" for checker in checkers)
    faults = [
        f"{path.name}: {checker.checker_id}: {place.description}"
        for checker in checkers
        for issue in checker.issues
        if issue.level == IssueSeverity.ERROR
        for place in issue.locations or ()
    ]
    remarks = sum(issue.level == IssueSeverity.WARNING for checker in checkers for issue in checker.issues)
    if remarks:
        print(f"{path.name}: {remarks} remarks")
    errors = [f"{path.name}: {checker.checker_id} failed" for checker in checkers if checker.status == "error"]
    return applied, faults + errors


def main(folder: Path) -> int:
    """Check every file of a folder."""
    logging.disable()
    files = sorted(folder.glob("*.xodr"))
    found = [check(path) for path in files]
    for fault in (fault for _, faults in found for fault in faults):
        print(fault)
    applied = sorted({count for count, _ in found})
    faulty = sum(bool(faults) for _, faults in found)
    print(f"{len(files)} files, {' to '.join(map(str, applied))} rules each: {faulty} files break one")
    return int(faulty > 0 or not files)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
