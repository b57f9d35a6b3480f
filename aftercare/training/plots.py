"""Pictures of an evaluation as PNG files: confusions, reliability of the confidence, risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from aftercare.training.measures import Judged, calibration_error, reliability, risk_coverage


def plot_confusion(judged: Sequence[Judged], path: Path) -> None:
    """Each true intent against what was predicted; a second accepted label counts as right."""
    rows = [(one.intent if one.right else one.accepted[0], one.intent) for one in judged]
    names = sorted({name for row in rows for name in row})
    number = {name: at for at, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)))
    for truth, predicted in rows:
        counts[number[truth], number[predicted]] += 1
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    size = 4 + 0.24 * len(names)
    figure, axes = plt.subplots(figsize=(size, size))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        number_of = f"{counts[row, column]:.0f}"
        axes.text(int(column), int(row), number_of, ha="center", va="center", fontsize=6, color=colour)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    _save(figure, path)


def plot_reliability(judged: Sequence[Judged], path: Path) -> None:
    """Confidence against accuracy; on the diagonal they agree."""
    confidence, right, numbers = zip(*reliability(judged), strict=True)
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot(confidence, right, marker="o")
    for x, y, number in zip(confidence, right, numbers, strict=True):
        axes.annotate(str(number), (x, y), textcoords="offset points", xytext=(5, -10), fontsize=7)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="accuracy")
    axes.set_title(f"expected calibration error {calibration_error(judged):.3f}")
    _save(figure, path)


def plot_risk_coverage(judged: Sequence[Judged], path: Path) -> None:
    """Error rate among the answered against the share answered, as the threshold falls."""
    coverage, risk = risk_coverage(judged)
    figure, axes = plt.subplots(figsize=(6, 4))
    axes.plot(coverage, risk)
    axes.set(xlim=(0, 1), ylim=(0, max(0.05, float(risk.max()) * 1.05)), xlabel="answered", ylabel="wrong among these")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    plt.close(figure)
