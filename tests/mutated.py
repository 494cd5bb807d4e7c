"""A pytest plugin: one module of the program is imported from another source than its file's; see `tests.mutants`.

    MUTATED=alvinn.driving.lane MUTATED_SOURCE=/tmp/mutant.py python -m pytest -p tests.mutated ...

No file of the program is changed, so that an interrupted run leaves nothing to be restored.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType

from hypothesis import Phase, settings

settings.register_profile(
    "mutants", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate), max_examples=25
)


class MutantFinder(MetaPathFinder):
    """Finds the mutated module before its file is found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's specification with the mutant's source; None for every other module."""
        if fullname != os.environ["MUTATED"]:
            return None
        source = os.environ["MUTATED_SOURCE"]
        return spec_from_file_location(fullname, source, loader=SourceFileLoader(fullname, source))


sys.dont_write_bytecode = True  # mutants come and go under one name
sys.meta_path.insert(0, MutantFinder())
