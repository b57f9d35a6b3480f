"""Reports what the conversation scripts have reached, and fails a run of all of them that reached too little."""

from __future__ import annotations

import pytest

from tests.support.conversation_coverage import BAR, Reached, all_scripts, parts

_REACHED = pytest.StashKey[Reached]()


@pytest.fixture(scope="session")
def reached(request: pytest.FixtureRequest) -> Reached:
    """Where scripts note what was answered."""
    return request.config.stash.setdefault(_REACHED, Reached())


def _complete(config: pytest.Config) -> Reached | None:
    """What was reached, when every script was played: a few of them say nothing of coverage."""
    found = config.stash.get(_REACHED, None)
    return found if found is not None and len(found.conversations) == sum(1 for _ in all_scripts()) else None


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Below the bar the run has failed."""
    found = _complete(session.config)
    if found is not None and not session.exitstatus and any(part.share < BAR for part in parts(found)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was not reached, by kind."""
    found = _complete(config)
    if found is not None:
        terminalreporter.section(f"reached by the conversation scripts (bar {BAR:.0%})")
        for part in parts(found):
            terminalreporter.write_line(str(part), red=part.share < BAR)
