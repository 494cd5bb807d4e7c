"""`python -m tests.recount --out DIR`, as older notes name it, is `python -m alvinn recount DIR`."""

from __future__ import annotations

import sys

from alvinn.cli import main

if __name__ == "__main__":
    sys.exit(main(["recount", *(word for word in sys.argv[1:] if word != "--out")]))
