"""The reader's process: pictures come in on standard input, what was read goes out as JSON, one line a picture.

`python -m aftercare.screenshots.process MEGABYTES SECONDS`: the address space it may use, and the time for one picture.
It is started with nothing of the desk's environment, ends when the desk does, and ends itself when a picture takes
longer. A request is the picture's length in 4 bytes, most significant first, and the picture.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from typing import Any, BinaryIO

MOST_BYTES = 16 * 1024 * 1024
"""Of a picture: one of `recognition.MOST_PIXELS` without compression."""
_READY = b'{"ready": true}\n'


def main() -> None:
    """Serve until standard input ends."""
    megabytes, seconds = int(sys.argv[1]), int(sys.argv[2])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # messages are answered first

    from aftercare.screenshots.recognition import Recognizer  # within the limits

    recognizer = Recognizer()
    answers.write(_READY)
    answers.flush()
    while (picture := _next(sys.stdin.buffer)) is not None:
        signal.alarm(seconds)  # not handled: ends the process, also inside a library
        answers.write(json.dumps(_answer(recognizer, picture)).encode() + b"\n")
        answers.flush()
        signal.alarm(0)


def _next(source: BinaryIO) -> bytes | None:
    length = int.from_bytes(source.read(4))
    if not 0 < length <= MOST_BYTES:
        return None
    picture = source.read(length)
    return picture if len(picture) == length else None


def _answer(recognizer: Any, picture: bytes) -> dict[str, Any]:
    try:
        found = recognizer.read(picture)
    except Exception as error:  # decoders and networks raise whatever they like on broken files
        return {"error": type(error).__name__}
    return {"boxes": found.boxes, "qr_code": found.qr_code}


if __name__ == "__main__":
    main()
