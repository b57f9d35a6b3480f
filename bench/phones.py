"""Travellers whose phones break as phones do, helped by the playbooks: fixed, in how many instructions, any harm.

    python bench/phones.py --count 2000                                  against the playbooks alone, no server
    python bench/phones.py --url http://127.0.0.1:5005 --var var         typed and pressed, in a running chat
    python bench/phones.py --url http://127.0.0.1:5005 --var var --free  in other words, up to six switches wrong

The phones and travellers are in tests/support/phone/. Results go to bench/results/phones.md, or with --url to
bench/results/phones_chat.md, with --free to bench/results/phones_free.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.orm import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from aftercare.base.database import open_engine, utc_now  # noqa: E402
from aftercare.orders.lookup import order_facts  # noqa: E402
from aftercare.orders.tables import Customer, Purchase  # noqa: E402
from tests.support.phone.device import FAMILIES  # noqa: E402
from tests.support.phone.faults import FAULTS, SWITCHES  # noqa: E402
from tests.support.phone.free_words import FREE  # noqa: E402
from tests.support.phone.report import by_fault, table  # noqa: E402
from tests.support.phone.traveller import Kind, Run, Traveller  # noqa: E402
from tests.support.phone.typing_traveller import OwnOrder, TypingTraveller  # noqa: E402

RESULTS = ROOT / "bench" / "results"
SHOWN = 8
SIX = 6
PLAIN_KINDS: tuple[Kind, ...] = ("literal", "observant")


def own_orders(var: Path) -> list[OwnOrder]:
    """Orders whose eSIM is on a phone in New Zealand and could work: nothing in the record explains a fault."""
    engine = open_engine(f"sqlite:///{var}/orders.db")
    found = []
    with Session(engine) as session:
        rows = session.execute(
            sa.select(Purchase.number, Customer.email).join(Customer).order_by(Purchase.number)
        ).all()
        for number, email in rows:
            facts = order_facts(session, number, utc_now())
            if (
                facts
                and (facts.status, facts.profile_state, facts.last_country) == ("delivered", "enabled", "NZ")
                and facts.device_family in FAMILIES
                and not (facts.expired or facts.throttled or facts.incident or facts.carrier_locked)
                and facts.data_left_mb != 0
                and {"NZ"} <= facts.countries
            ):
                found.append(OwnOrder(number, email, facts))
    engine.dispose()
    return found


def in_chat(url: str, var: Path, seeds: range, workers: int, *, free: bool) -> tuple[list[Run], list[str]]:
    """The runs in a running chat, and transcripts of those that did not end well."""
    orders = own_orders(var)
    secret = (var / "secrets" / "engine").read_text().strip()
    transcripts: list[str] = []
    with httpx.Client(base_url=url, timeout=120, headers={"X-Engine-Secret": secret}) as client:

        def one(seed: int) -> Run:
            own = orders[seed % len(orders)] if orders and seed % 2 else None
            other: dict[str, Any] = (
                {"voice": FREE, "among": SWITCHES, "most": SIX, "kind": PLAIN_KINDS[seed // 2 % 2]} if free else {}
            )
            traveller = TypingTraveller(seed, client, own, **other)
            run = traveller.talk()
            if not run.right or run.worse:
                head = f"{run.kind}, {run.language}, {run.family}, {', '.join(run.names)}: {run.verdict}"
                transcripts.append("\n".join([head, "", "```", *traveller.transcript, "```", ""]))
            return run

        with ThreadPoolExecutor(workers) as pool:
            return list(pool.map(one, seeds)), transcripts


def summary(runs: Sequence[Run], command: str, transcripts: Sequence[str] = (), *, free: bool = False) -> str:
    """The results as Markdown."""
    what = (
        f"{len(SWITCHES)} switches, one to six wrong at once" if free else f"{len(FAULTS)} faults, one to four at once"
    )
    lines = [
        "# Phones that break",
        "",
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}. {what}, drawn evenly; a phone "
        "that is slow, silent or offline, and a traveller who does what is said. Bars: 97 % fixed or rightly concluded,"
        " in the median two instructions more than faults, nothing called solved that is not, no setting left worse. "
        "Instructions are those of runs that ended fixed.",
        "",
    ]
    for title, key in (
        ("faults", lambda run: len(run.faults)),
        ("traveller", lambda run: run.kind),
        ("language", lambda run: run.language),
        ("phone", lambda run: run.family),
        ("first symptom", lambda run: run.first_symptom),
        ("end", lambda run: run.verdict),
    ):
        lines += table(runs, title, key)
    lines += by_fault(runs)
    if transcripts:
        lines += ["## Some that did not end well", "", *transcripts[:SHOWN]]
    return "\n".join(lines)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000, help="conversations")
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first; the others follow")
    parser.add_argument("--url", help="a running Rasa, to type to")
    parser.add_argument("--var", type=Path, help="that stack's folder with databases and secrets")
    parser.add_argument("--workers", type=int, default=2, help="travellers at the same time in the chat")
    parser.add_argument("--free", action="store_true", help="in the words of tests/support/phone/free_words.py")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    seeds = range(arguments.seed, arguments.seed + arguments.count)
    command = f"python bench/phones.py --count {arguments.count} --seed {arguments.seed}"
    if arguments.url and arguments.var:
        free = arguments.free
        runs, transcripts = in_chat(arguments.url, arguments.var, seeds, arguments.workers, free=free)
        text = summary(runs, f"{command} --url …{' --free' if free else ''}", transcripts, free=free)
        out = arguments.out or RESULTS / ("phones_free.md" if free else "phones_chat.md")
    else:
        text = summary([Traveller(seed).talk() for seed in seeds], command)
        out = arguments.out or RESULTS / "phones.md"
    out.write_text(text, encoding="utf-8")
    print(text.split("## Some")[0])


if __name__ == "__main__":
    main()
