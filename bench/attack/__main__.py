"""Runs the attacks one after the other and writes the table to bench/results/attack.md."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from bench.attack import cluster, faults, load, ownership, roles
from bench.attack.target import ROOT, Bystander, Outcome, Target, ready, started

RESULTS = ROOT / "bench" / "results" / "attack.md"
MOST_MEMORY = 250  # megabytes of the desk
_COUNTS = ("lost", "doubled", "disclosed")
MOST_RECOVERY = 20  # seconds, without hands
MOST_WAIT = 1.0  # seconds; p95 of another traveller

ATTACKS: tuple[Callable[[Target], Awaitable[Outcome]], ...] = (
    roles.roles,
    ownership.forged_tokens,
    load.malformed,
    ownership.private_ports,
    ownership.oracle,
    ownership.guessing,
    load.handoffs,
    load.pictures,
    load.silent_connections,
    load.many_addresses,
)
FAULTS: tuple[Callable[[Target], Awaitable[Outcome]], ...] = (cluster.several_desks, *faults.FAULTS)


async def campaign(target: Target, wanted: str) -> tuple[list[Outcome], list[str]]:
    """Outcomes, and what must hold and does not; written after each attack, so that a run that stops leaves a page."""
    outcomes: list[Outcome] = []
    figures: list[str] = []
    async with ready(target), Bystander(target) as bystander:
        async for outcome in _carried_out(ATTACKS, target, wanted):
            outcomes.append(outcome)
            figures = _kept(outcomes, bystander, wanted)
        # the faults stop the desk itself: the bounds for other travellers are those of the attacks
    async with ready(target):
        async for outcome in _carried_out(FAULTS, target, wanted):
            outcomes.append(outcome)
            figures = _kept(outcomes, bystander, wanted)
    return outcomes, figures


def _kept(outcomes: list[Outcome], bystander: Bystander, wanted: str) -> list[str]:
    """What holds so far; written with the outcomes unless only one attack was asked for."""
    lost, doubled, disclosed = (sum(getattr(each, name) for each in outcomes) for name in _COUNTS)
    recovery = max((each.recovery for each in outcomes if each.recovery is not None), default=0.0)
    checks = {
        f"disclosures: {disclosed} (bound 0)": not disclosed,
        f"lost: {lost} (bound 0)": not lost,
        f"doubled: {doubled} (bound 0)": not doubled,
        f"recovery at most {recovery:.0f} s (bound {MOST_RECOVERY})": recovery <= MOST_RECOVERY,
    }
    if bystander.seconds:
        p95, number = bystander.p95, len(bystander.seconds)
        own, shared = bystander.memory
        memory = f"memory of the desk at most {own} MB (bound {MOST_MEMORY}); {shared} with all that it shares"
        checks |= {
            memory: own <= MOST_MEMORY,
            f"another traveller's answers: p95 {p95:.2f} s of {number} (bound {MOST_WAIT} s)": p95 <= MOST_WAIT,
        }
    figures = [f"{'holds' if holds else 'BROKEN'}: {figure}" for figure, holds in checks.items()]
    if not wanted:
        RESULTS.write_text(report(outcomes, figures), encoding="utf-8")
    return figures


async def _carried_out(
    attacks: tuple[Callable[[Target], Awaitable[Outcome]], ...], target: Target, wanted: str
) -> AsyncIterator[Outcome]:
    for attack in attacks:
        if wanted and wanted != attack.__name__ and wanted != attack.__module__.rpartition(".")[2]:
            continue
        began = time.monotonic()
        outcome = await attack(target)
        print(f"{attack.__name__}: {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
        yield outcome


def report(outcomes: list[Outcome], figures: list[str]) -> str:
    """The page of results."""
    rows = [
        f"| {each.attack} | {each.tries} | {each.refused} | {each.disclosed} | {each.note} |"
        for each in outcomes
        if each.recovery is None
    ]
    faults_of = [
        f"| {each.attack} | {each.tries} | {each.lost} | {each.doubled} | {each.recovery:.1f} | {each.note} |"
        for each in outcomes
        if each.recovery is not None
    ]
    return "\n".join(
        [
            "# Attacks",
            "",
            "`make attack` on a stack of its own, on the loopback; what each promise rests on is in",
            "[docs/security.md](../../docs/security.md). Measured while other programs kept",
            "the machine's two cores busy.",
            "",
            "| attack | tries | refused | disclosed | |",
            "|---|---:|---:|---:|---|",
            *rows,
            "",
            "Faults, while travellers write:",
            "",
            "| fault | messages | lost | doubled | recovery (s) | |",
            "|---|---:|---:|---:|---:|---|",
            *faults_of,
            "",
            *(f"- {figure}" for figure in figures),
            "",
        ]
    )


def main() -> int:
    """1 when something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="serve this model instead of the one in use")
    parser.add_argument("--only", default="", help="one attack by the name of its function; writes no results")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aftercare-attack-") as folder,
        started(Path(folder), asked.model) as target,
    ):
        outcomes, figures = asyncio.run(campaign(target, asked.only))
    print(report(outcomes, figures))
    return int(any(figure.startswith("BROKEN") for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
