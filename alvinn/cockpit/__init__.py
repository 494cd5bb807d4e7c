"""The cockpit: a window that shows the drive and takes what hands do. Only what draws and opens it knows pygame."""

import os

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")  # pygame's greeting does not belong into a job's output
