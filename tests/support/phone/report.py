"""The figures of many runs, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from tests.support.phone.traveller import Run


def table(runs: Sequence[Run], title: str, key: Callable[[Run], object]) -> list[str]:
    """One row for each value of `key`, and one for all."""
    lines = [
        f"| {title} | runs | fixed or rightly concluded | median instructions | median beyond faults | questions, mean "
        "| false solved | left worse | loops |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    groups: dict[object, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    for name in sorted(groups, key=str):
        lines.append(_row(str(name), groups[name]))
    return [*lines, _row("all", runs), ""]


def _row(name: str, runs: Sequence[Run]) -> str:
    right = sum(run.right for run in runs) / len(runs)
    helped = [run for run in runs if run.verdict == "fixed"] or list(runs)
    false = sum(run.verdict == "false solved" for run in runs)
    return (
        f"| {name} | {len(runs)} | {right:.1%} | {median(run.instructions for run in helped):g} "
        f"| {median(run.instructions - len(run.faults) for run in helped):g} "
        f"| {sum(run.questions for run in runs) / len(runs):.2f} | {false} "
        f"| {sum(bool(run.worse) for run in runs)} | {sum(run.loops for run in runs)} |"
    )


def by_fault(runs: Iterable[Run]) -> list[str]:
    """For each fault, in how many of its runs the end was right, and the instructions when it was alone."""
    total: Counter[str] = Counter()
    right: Counter[str] = Counter()
    alone: dict[str, list[int]] = {}
    for run in runs:
        for name in run.names:
            total[name] += 1
            right[name] += run.right
        if len(run.names) == 1:
            alone.setdefault(run.names[0], []).append(run.instructions)
    lines = ["| fault | runs | right end | median instructions, alone |", "|---|---:|---:|---:|"]
    for name in sorted(total):
        middle = f"{median(alone[name]):g}" if name in alone else "–"
        lines.append(f"| {name} | {total[name]} | {right[name] / total[name]:.1%} | {middle} |")
    return [*lines, ""]
