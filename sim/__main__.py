"""Run the embedded server: `python -m sim`."""

import gc
import sys

gc.disable()  # until it runs: what imports leave is permanent, too

from sim.cli import main  # noqa: E402 - after the collector has been stopped

sys.exit(main())
