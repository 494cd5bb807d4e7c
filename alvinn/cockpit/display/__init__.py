"""What the window shows: panels and pages as plain data, the charts and drawings that make them visible, the window."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame's greeting does not belong into a job's output
