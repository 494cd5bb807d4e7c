"""Memory that a library frees and takes again many times a second, kept instead of given back.

glibc gives large blocks back to the system at once. TensorFlow takes and frees them in every training step, and the
system clears every page anew: that was a fifth of all computing while training (system time of two epochs 4.8 s, 1.1 s
without).
"""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's malloc.h
KEPT, AHEAD, IN_ONE_PIECE = 2**30, 2**26, 2**25  # bytes; the last is the largest that glibc allows


def keep_freed_memory() -> None:
    """From now on this process keeps what it frees; nothing happens where the C library is another than glibc."""
    if sys.platform.startswith("linux"):
        library = ctypes.CDLL(None)
        if hasattr(library, "mallopt"):
            library.mallopt(M_MMAP_THRESHOLD, IN_ONE_PIECE)
            library.mallopt(M_TRIM_THRESHOLD, KEPT)
            library.mallopt(M_TOP_PAD, AHEAD)
