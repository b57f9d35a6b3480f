"""A PostgreSQL server of our own, on this machine."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.requirements import missing


def _program(name: str) -> str | None:
    """Debian keeps the server's programs out of PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    return shutil.which(name) or (str(installed[-1]) if installed else None)


def _as_user(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: then another user owns `folder` and runs it."""
    if os.getuid() != 0:
        return []
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = known.get("postgres") or known.get("nobody")
    if user is None or shutil.which("setpriv") is None:
        missing("PostgreSQL needs a user beside root, and setpriv")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a running server, without a database: `postgresql://aftercare@127.0.0.1:port`."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    if initdb is None or pg_ctl is None:
        missing("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="aftercare-pg-"))
    runner = _as_user(folder)

    def run(*command: str) -> None:
        done = subprocess.run([*runner, *command], cwd=folder, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = str(folder / "data"), str(folder / "log")
    try:
        run(initdb, "-D", data, "-U", "aftercare", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off -c full_page_writes=off -c shared_buffers=16MB"
        run(pg_ctl, "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start")
        try:
            yield f"postgresql://aftercare@127.0.0.1:{port}"
        finally:
            run(pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
