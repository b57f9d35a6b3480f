"""Gives memory back to the system."""

from __future__ import annotations

import ctypes
import gc


def release_unused_memory() -> None:
    """After something large was loaded: glibc would keep what loading it took. Does nothing with another C library."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
