"""`python -m alvinn`."""

import sys
from importlib.util import find_spec
from pathlib import Path


def explain_environment() -> str:
    """What to do where this Python lacks what alvinn needs; the standard library alone, so that it always answers."""
    root = Path(__file__).resolve().parents[1]
    activate = ".venv\\Scripts\\activate" if sys.platform == "win32" else ". .venv/bin/activate"
    there = (root / ".venv").is_dir()
    how = f"type `{activate}` in {root} first" if there else "`make setup` or README.md sets up an environment for it"
    return f"alvinn's packages are not installed in {sys.executable}: {how}"


if __name__ == "__main__":
    if find_spec("tyro") is None:
        sys.exit(explain_environment())
    from alvinn.cli import main

    sys.exit(main())
