"""Says with each health check which start of a process answers it: another one may listen at the same port."""

from __future__ import annotations

from aftercare.base.settings import environment_of

LAUNCH = "AFTERCARE_LAUNCH"
"""The variable in which the launcher names a start."""
LAUNCH_HEADER = "X-Launch"


def launch_header() -> dict[str, str]:
    """The header of a health check's answer; none for a process that was started otherwise."""
    started = environment_of(LAUNCH)
    return {LAUNCH_HEADER: started[LAUNCH]} if started.get(LAUNCH) else {}
