"""Reports what the conversation scripts have reached, and fails a run of all of them that reached too little."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.conversation_coverage import BAR, Reached, all_scripts, parts

_REACHED = pytest.StashKey[Reached]()
# What to say of each kind, and whether it is enough.
_LINES = pytest.StashKey[list[tuple[str, bool]]]()
_SENT = "reached by the conversation scripts"


@pytest.fixture(scope="session")
def reached(request: pytest.FixtureRequest) -> Reached:
    """Where scripts note what was answered."""
    return request.config.stash.setdefault(_REACHED, Reached())


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Of several processes one has played the scripts."""
    if lines := getattr(node, "workeroutput", {}).get(_SENT):
        node.config.stash[_LINES] = [(line, enough) for line, enough in lines]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Below the bar the run has failed. What only a few scripts reached says nothing of coverage."""
    config = session.config
    found = config.stash.get(_REACHED, None)
    if found is not None and len(found.conversations) == sum(1 for _ in all_scripts()):
        config.stash[_LINES] = [(str(part), part.share >= BAR) for part in parts(found)]
    lines = config.stash.get(_LINES, [])
    if hasattr(config, "workeroutput"):
        config.workeroutput[_SENT] = lines
    elif not session.exitstatus and not all(enough for _, enough in lines):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What was not reached, by kind."""
    lines = config.stash.get(_LINES, [])
    if lines:
        terminalreporter.section(f"{_SENT} (bar {BAR:.0%})")
    for line, enough in lines:
        terminalreporter.write_line(line, red=not enough)
