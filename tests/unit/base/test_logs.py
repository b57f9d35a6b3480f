"""No stranger fills the disk with log lines, and nothing personal stands in them."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aftercare.base import logs
from aftercare.base.logs import Sparing
from aftercare.base.settings import ROOT


def record(message: str, *args: object, line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("x", logging.WARNING, "file.py", line, message, args, None)


def test_each_place_writes_so_many_lines_a_minute_and_tells_what_it_left_out() -> None:
    now = [0.0]
    sparing = Sparing(per_minute=2, clock=lambda: now[0])
    assert [sparing.filter(record("refused %s", n)) for n in range(5)] == [True, True, False, False, False]
    assert sparing.filter(record("elsewhere", line=2))
    now[0] = 60
    later = record("refused %s", 5)
    assert sparing.filter(later)
    assert later.getMessage() == "refused 5 (and 3 more like it)"


class Refused(Exception):
    pass


PERSONAL = (
    "ana.lopez@example.com", "8964050087654321094", "LPA:1$smdp.example.com$AB-12", "+64 21 555 0100", "021 555 0100",
    "89049032000000000000000000000163", "490154203237518",
)  # fmt: skip


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a logger of this process writes once records are masked."""
    before = logging.getLogRecordFactory()
    text, logger = io.StringIO(), logging.getLogger("shop")
    handler = logging.StreamHandler(text)
    logger.addHandler(handler)
    monkeypatch.setattr(logger, "propagate", False)
    logs.mask_records()
    yield text
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


@pytest.mark.parametrize("personal", PERSONAL)
def test_nothing_personal_is_logged_in_whatever_part(written: io.StringIO, personal: str) -> None:
    log = logging.getLogger("shop")
    log.warning("An order was not taken: %s", Refused(f"{personal} belongs to SHOP-1"))
    log.error(f"It is {personal}.")
    try:
        try:
            raise ValueError(personal)
        except ValueError as error:
            raise Refused(f"because of {personal}") from error
    except Refused:
        log.exception("It broke", stack_info=True)
    said = written.getvalue()
    assert "Traceback" in said
    assert "belongs to SHOP-1" in said
    assert personal not in said
    assert not re.search(r"\d{7}|5550100|ana\.lopez|AB-12", said)


def test_what_tells_where_to_look_stays(written: io.StringIO) -> None:
    line = (
        "Order NZ10000001 of sql, 2026-12-01 14:30:02, at http://192.168.100.200:18280/x, 20261201-135208.tar.gz, 5% %s"
    )
    logging.getLogger("shop").warning(line)
    assert written.getvalue().strip() == line


def test_a_line_that_cannot_be_made_breaks_nothing(written: io.StringIO) -> None:
    logging.getLogger("shop").warning("%s of %s", "one")
    assert written.getvalue().strip() == "A log line was left out: TypeError"


# how each process, and a command, comes to the point from which it serves
SERVES = {
    "desk": "import uvloop; uvloop.run = lambda served: (served.close(), speak()); from aftercare.run.desk import main",
    "actions": "from sanic import Sanic; Sanic.run = lambda *_, **__: speak(); from aftercare.run.actions import main",
    "rasa": "import rasa.__main__ as its; its.main = speak; from aftercare.run.rasa import main",
    "command": "import aftercare.run.cli as its; its.app = speak; from aftercare.run.cli import main",
}


@pytest.mark.parametrize("process", SERVES)
def test_every_process_masks_its_lines(process: str, tmp_path: Path) -> None:
    says = "import logging; speak = lambda *_, **__: logging.getLogger('x').error('of ana.lopez@example.com')"
    done = subprocess.run(
        [sys.executable, "-c", f"{says}; {SERVES[process]}; main()"],
        cwd=ROOT,
        env=os.environ | {"AFTERCARE_VAR": str(tmp_path), "DESK_PORT": "0"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert "of a••••@example.com" in done.stderr, done.stderr
