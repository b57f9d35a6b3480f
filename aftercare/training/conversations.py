"""Plays the conversation tests with a candidate on a stack of its own, beside a running desk.

`python -m aftercare.training.conversations FOLDER` reads FOLDER/check.json and writes FOLDER/check-result.json.
Standard output has what pytest says, and a line `@ STAGE` where a stage begins and `# {…}` with how far it is. SIGTERM,
or the end of standard input, stops the stack as well.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from aftercare.base.settings import ROOT, Settings

STAGES = ("conversations", "again")
# Of what went wrong, so much is kept of one script: its whole conversation.
_LONGEST = 6000


def belongs(name: str, part: str, chosen: set[str]) -> bool:
    """Whether a script, by its name in pytest, is to be played: of a folder, of "all", or one of the `chosen`."""
    return part == "all" or name in chosen or name.startswith(f"{part}:")


class _Reporter:
    """A pytest plugin that keeps to the scripts wanted, says how far it is, and notes what was said where one fails."""

    def __init__(self, part: str, chosen: Iterable[str]) -> None:
        self._part = part
        self._chosen = set(chosen)
        self._session: Any = None
        self.total = 0
        self.outcomes: dict[str, str] = {}  # passed or failed
        self.failures: list[dict[str, str]] = []
        self.broken = False  # the stack did not start: that says nothing of the model's answers

    def pytest_sessionstart(self, session: Any) -> None:
        self._session = session

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = [each for each in items if belongs(_name(each), self._part, self._chosen)]
        self.total = len(items)
        self._tell()

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = str(report.nodeid).partition("[")[2].removesuffix("]")
        if report.when == "setup" and report.failed:
            self.broken = True
            self._session.shouldstop = "the stack did not start"
            print(_message(report), flush=True)
        elif report.when == "call":
            self.outcomes[name] = "failed" if report.failed else "passed"
            if report.failed:
                transcript, _, wanted = _message(report).rpartition("\n")
                self.failures.append({"name": name, "said": transcript[-_LONGEST:], "wanted": wanted[:_LONGEST]})
            self._tell()

    def _tell(self) -> None:
        so_far = {"played": len(self.outcomes), "total": self.total, "failed": [each["name"] for each in self.failures]}
        print(f"\n# {json.dumps(so_far)}", flush=True)


def _name(item: Any) -> str:
    return str(item.callspec.id) if hasattr(item, "callspec") else str(item.name)


def _message(report: Any) -> str:
    """What an assertion of the scripts says, without what pytest makes of its code."""
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message if crash else report.longrepr).removeprefix("AssertionError: ")
    # pytest indents what follows the first line
    return (message.rpartition("\nassert ")[0] or message).replace("\n  ", "\n")


def play(model: Path, part: str, chosen: Iterable[str]) -> _Reporter | None:
    """Play the scripts of a part against `model`; None when the stack or the tests could not start."""
    import pytest

    os.environ["CANDIDATE_MODEL"] = str(model)
    reporter = _Reporter(part, chosen)
    status = pytest.main(["tests/conversations", "--tb=no"], plugins=[reporter])
    if status == pytest.ExitCode.INTERRUPTED and not reporter.broken:
        raise KeyboardInterrupt
    return reporter if reporter.outcomes and not reporter.broken else None


def run(folder: Path) -> dict[str, Any] | None:
    """Play what `folder`/check.json asks for: `model`, `part` (a folder or "all"), `chosen` scripts by name, `base`.

    `base` is the model it is compared with, or null.
    What fails is played with `base` too: only what that one does better is worse. None when nothing could be played.
    """
    job = json.loads((folder / "check.json").read_text(encoding="utf-8"))
    print(f"@ {STAGES[0]}", flush=True)
    played = play(Path(job["model"]), str(job["part"]), job["chosen"])
    if played is None:
        return None
    before: Mapping[str, str] = {}
    if played.failures and job["base"]:
        print(f"@ {STAGES[1]}", flush=True)
        again = play(Path(job["base"]), "", {each["name"] for each in played.failures})
        before = again.outcomes if again else {}
    failures = [{**each, "before": before.get(each["name"])} for each in played.failures]
    passed = sorted(name for name, outcome in played.outcomes.items() if outcome != "failed")
    return {"passed": passed, "failures": failures}


def environment(around: Mapping[str, str], env_file: Path = ROOT / ".env") -> dict[str, str]:
    """The environment of a stack that shares nothing with the running one: every setting and secret as if unset.

    They are given as such, rather than left out, because `.env` would fill in what is missing.
    """
    own = dict(around)
    for field in Settings.model_fields.values():
        name = str(field.validation_alias)
        own[name] = "" if field.default is None else str(field.default)
    own.pop("AFTERCARE_VAR")
    for name in {*around, *dotenv_values(env_file)}:
        if name.endswith("_SECRET"):
            own[name] = ""
    return own


def _end_with_the_desk() -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock would be held when the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run the job; 0 when there is a result."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # pytest stops the stack, as with Ctrl-C
    threading.Thread(target=_end_with_the_desk, daemon=True).start()
    os.nice(10)
    folder = Path(sys.argv[1])
    for name, value in environment(os.environ).items():
        os.environ[name] = value
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # of one that was killed
    scratch.mkdir(parents=True)
    tempfile.tempdir = str(scratch)
    try:
        result = run(folder)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if result is None:
        return 1
    (folder / "check-result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
