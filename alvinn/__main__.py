"""`python -m alvinn`."""

import sys

from alvinn.cli import main

if __name__ == "__main__":
    sys.exit(main())
