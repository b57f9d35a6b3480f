"""The staff's pages with a million messages: fills an empty desk and measures what each page costs over HTTP.

`python bench/desk_queries.py` uses SQLite files in a temporary folder (some 3 GB); with the URLs of two empty databases
(desk and orders, SQLite or PostgreSQL) it fills those. A desk that is filled already is only measured.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa
from million.filling import fill
from million.sample import NOW, STAFF
from sqlalchemy.engine import Engine

from aftercare.base.database import open_engine
from aftercare.base.settings import Settings
from aftercare.conversations.tables import conversation
from aftercare.orders.migrations import migrate as migrate_orders
from aftercare.orders.seed import seed
from aftercare.run.migrations.schema import migrate
from aftercare.staff.analytics.export import TABLES
from aftercare.staff.inbox.tables import summary

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.running_stack import free_port
from tests.support.staff_client import Colleague, hire

FRAGMENT = {"HX-Request": "true", "Sec-Fetch-Mode": "cors"}

FILTERS: dict[str, dict[str, str]] = {
    "tab person": {"tab": "person"},
    "tab mine": {"tab": "mine"},
    "tab unassigned": {"tab": "unassigned"},
    "tab low confidence": {"tab": "low"},
    "tab unhappy": {"tab": "unhappy"},
    "all": {},
    "channel": {"channel": "telegram"},
    "language": {"language": "zh"},
    "language of nobody": {"language": "hant"},
    "intent": {"intent": "request_refund"},
    "entity": {"entity": "order_number"},
    "action": {"action": "action_ask_apn"},
    "confidence 0-0.3": {"certain_from": "0", "certain_to": "3"},
    "confidence 0.9-1": {"certain_from": "9", "certain_to": "10"},
    "intent and confidence": {"intent": "ask_apn", "certain_from": "3", "certain_to": "5"},
    "dates": {"date_from": "2026-03-01", "date_to": "2026-03-07"},
    "time of day": {"time_from": "22:00", "time_to": "06:00"},
    "length": {"length_from": "100"},
    "length of none": {"length_from": "9000"},
    "tag": {"tag": "vip"},
    "flag": {"flag": "wrong"},
    "reviewed": {"reviewed": "yes"},
    "saved for later": {"reviewed": "saved"},
    "rating": {"rating_to": "2"},
    "provider": {"provider": "tasman-pass"},
    "order number": {"order": "NZ30020000"},
    "text, frequent English": {"q": "esim"},
    "text, English": {"q": "queenstown refund"},
    "text, e-mail": {"q": "travellernz30031234@example.com"},
    "text, two characters": {"q": "退款"},
    "text, Chinese sentence": {"q": "激活不了怎么办"},
    "text, one character": {"q": "慢"},
    "text, nowhere": {"q": "xylophone"},
    "no line fits": {
        "channel": "telegram",
        "rating_to": "1",
        "provider": "tasman-pass",
        "flag": "good",
        "length_from": "900",
    },
    "several": {"language": "zh", "intent": "ask_apn", "rating_from": "3", "q": "设置", "provider": "kiwi-roam"},
}


@contextmanager
def running_desk(desk_url: str, orders_url: str, port: int) -> Iterator[int]:
    """The number of a desk process of its own, which runs until the block ends."""
    with tempfile.TemporaryDirectory(prefix="aftercare-desk-") as var:
        environment = {**os.environ, "DESK_DATABASE_URL": desk_url, "ORDERS_DATABASE_URL": orders_url}
        environment |= {"DESK_PORT": str(port), "AFTERCARE_VAR": var, "RASA_URL": "http://127.0.0.1:9"}
        process = subprocess.Popen([sys.executable, "-m", "aftercare.run.desk"], env=environment)
        try:
            for _ in range(600):
                try:
                    connection = http.client.HTTPConnection("127.0.0.1", port)
                    connection.request("GET", "/healthz")
                    if connection.getresponse().status == 200:
                        break
                except OSError:
                    time.sleep(0.2)
            yield process.pid
        finally:
            process.terminate()
            process.wait(30)


class Browsers:
    """Signed-in members of staff who ask for pages in turn, over one connection that stays open."""

    def __init__(self, port: int, pid: int, colleagues: list[Colleague], times: int) -> None:
        self._pid = pid
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._colleagues = colleagues
        self._times = times

    def get(self, address: str, colleague: int = 0, fragment: bool = False) -> tuple[float, str]:
        """Milliseconds from the request to its answer's last byte, and the answer."""
        who = self._colleagues[colleague % len(self._colleagues)]
        headers = {"Cookie": f"{who.cookie}={who.secret}", **(FRAGMENT if fragment else {"Sec-Fetch-Mode": "navigate"})}
        began = time.perf_counter()
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        spent = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status}")
        return spent, body.decode()

    def row(self, name: str, addresses: list[str], fragment: bool = False) -> str:
        """Print a line of the table; the last answer."""
        spent, body, before = [], "", processor_seconds(self._pid)
        for index in range(self._times):
            milliseconds, body = self.get(addresses[index % len(addresses)], index, fragment)
            spent.append(milliseconds)
        spent.sort()
        p50, p95 = statistics.median(spent), spent[int(len(spent) * 0.95)]
        worked = (processor_seconds(self._pid) - before) / self._times * 1000
        print(f"| {name} | {p50:.1f} | {p95:.1f} | {worked:.0f} | {len(body) / 1024:.0f} |", flush=True)
        return body


def processor_seconds(pid: int) -> float:
    """What a process has worked so far; waiting for others on a busy machine is not in it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(desk: Engine, port: int, pid: int, times: int, only: str) -> None:
    """Ask for every kind of page and print what it took."""
    with desk.connect() as connection:
        total = connection.execute(sa.select(sa.func.count()).select_from(conversation)).scalar_one()
        longest = connection.execute(
            sa.select(summary.c.conversation_id).order_by(summary.c.last_seq.desc()).limit(1)
        ).scalar_one()
    settings = Settings(public_url=f"http://127.0.0.1:{port}")
    browsers = Browsers(port, pid, [hire(desk, settings, "lead", f"Colleague{index}") for index in STAFF], times)
    picked = random.Random(7)
    ids = [f"{picked.randint(1, total):040x}" for _ in range(times)]
    pages: list[tuple[str, list[str], bool]] = []
    for name, values in FILTERS.items():
        query = urlencode({"tab": "all", **values})
        pages.append((name, [f"/desk/inbox?{query}"], False))
    pages.append(("the list anew", ["/desk/inbox/lines?tab=all"], True))
    address = "/desk/inbox/lines?tab=all"
    for _ in range(20):
        found = re.search(r'data-more="([^"]+)"', browsers.get(address, fragment=True)[1])
        address = f"/desk/inbox/lines?tab=all&after={found[1]}" if found else address
    pages.append(("page 21", [address], True))
    pages.append(("open a conversation", [f"/desk/inbox/c/{each}?tab=all" for each in ids], True))
    pages.append(("open it on a page of its own", [f"/desk/inbox/c/{each}?tab=all" for each in ids], False))
    pages.append(("open the longest", [f"/desk/inbox/c/{longest}?tab=all"], True))
    today = NOW.date()
    month = f"from={today.replace(month=today.month - 1)}&to={today}"
    year = f"from={today.replace(year=today.year - 1)}&to={today}"
    pages.append(("figures of a month", [f"/desk/analytics?{month}"], False))
    pages.append(("figures of a month, narrowed down", [f"/desk/analytics?{month}&language=zh&channel=web"], False))
    pages.append(("figures of a year", [f"/desk/analytics?{year}"], False))
    pages.append(("figures of a year, narrowed down", [f"/desk/analytics?{year}&provider=kiwi-roam"], False))
    pages += [(f"CSV of a year, {table}", [f"/desk/analytics/csv?{year}&table={table}"], False) for table in TABLES]
    for _name, addresses, fragment in pages:  # the first of a kind finds cold caches, as the first of a day does
        browsers.get(addresses[0], fragment=fragment)
    print("| page | p50 | p95 | desk's own work | kB |\n|---|---:|---:|---:|---:|")
    for name, addresses, fragment in pages:
        if re.search(only, name):
            browsers.row(name, addresses, fragment)


def run(desk_url: str, orders_url: str, options: argparse.Namespace) -> None:
    """Fill the databases, if they are empty, and measure."""
    desk, orders = open_engine(desk_url, timeout=120), open_engine(orders_url, timeout=120)
    migrate(desk)
    with desk.connect() as connection:
        empty = connection.execute(sa.select(conversation.c.id).limit(1)).first() is None
    if empty:
        migrate_orders(orders_url)
        seed(orders_url, demo=False)
        print(fill(desk, orders, options.conversations, options.messages))
    port = free_port()
    print(
        f"\n{desk.dialect.name}: milliseconds, {options.times} requests each, load average {os.getloadavg()[0]:.1f}\n"
    )
    with running_desk(desk_url, orders_url, port) as pid:
        measure(desk, port, pid, options.times, options.only)
    print(f"\nload average {os.getloadavg()[0]:.1f}")
    desk.dispose()
    orders.dispose()


def main() -> None:
    """Fill, if the databases are empty, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("desk", nargs="?", default="", help="URL of the desk database")
    parser.add_argument("orders", nargs="?", default="", help="URL of the order database")
    parser.add_argument("--conversations", type=int, default=40_000)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--only", default="", help="pages whose name this regular expression finds")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aftercare-million-") as folder:
        desk = options.desk or f"sqlite:///{folder}/desk.db"
        run(desk, options.orders or f"sqlite:///{folder}/orders.db", options)


if __name__ == "__main__":
    main()
