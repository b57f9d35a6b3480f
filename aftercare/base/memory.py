"""Gives memory back to the system."""

from __future__ import annotations

import ctypes
import gc
import threading
import time

_EVERY = 30.0


def release_unused_memory() -> None:
    """After something large was loaded: glibc would keep what loading it took. Does nothing with another C library."""
    gc.collect()
    give_back()


def give_back() -> None:
    """Give free pages to the system, without looking for what could be freed: a few milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_giving_back(seconds: float = _EVERY) -> None:
    """Do so again and again beside the work, as long as the process lives: what messages needed lies in many pieces."""

    def go_on() -> None:
        while True:
            time.sleep(seconds)
            give_back()

    threading.Thread(target=go_on, name="memory", daemon=True).start()
